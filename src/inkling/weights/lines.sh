#!/bin/sh
# The line reader in the box once more, from nothing: five stages, each with the code and the lines of its time.
#
#   sh src/inkling/weights/lines.sh [FOLDER]        (default: runs/line-stages)
#
# From the root of a clone with its whole history, after `make test`. MNIST is downloaded, or is in INKLING_DATA.
# Some six hours on two cores; a GPU is used where there is one. Run again after an interruption, it goes on.
# The weights are FOLDER/5/weights.safetensors. PART=0.001 makes so many steps of each, to see that it works.
set -eu

folder=$(mkdir -p "${1:-runs/line-stages}" && cd "${1:-runs/line-stages}" && pwd)
python=$(pwd)/.venv/bin/python
before=""

train() {  # as `stage`
    code=$folder/code-$1
    [ -d "$code" ] || git worktree add --quiet --detach "$code" "$2"
    if [ -f "$run/checkpoint.safetensors" ]; then
        set -- --resume "$run"
    else
        epochs=$(awk "BEGIN { print $3 * ${PART:-1} }")
        set -- lines --data mnist --run "$run" "epochs=$epochs" "optimizer.learning_rate=$4" "seed=$6" \
            ${before:+"begin=$before" "keep=$5"}
    fi
    PYTHONPATH=$code/src "$python" -m inkling.cli.app train "$@"
}

stage() {  # number, commit, epochs, learning rate, part of the weights before that is kept, seed
    run=$folder/$1
    [ -f "$run/weights.safetensors" ] || train "$@"
    before=$run/weights.safetensors
}

stage 1 bf06941 80 0.025 0    0
stage 2 2634134 14 0.012 0.5  0
stage 3 28fe4af 26 0.012 0.5  1
stage 4 90427c3 15 0.012 0.35 2
stage 5 26cab3c 13 0.006 0.5  12
