"""Draw the pictures of docs/synthesis.md: one strip for each thing that synthetic lines show.

python docs/pictures/synthesis.py [--data mnist]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import inkling
from inkling.datasets.lines import paper as papers
from inkling.datasets.lines.hand import (
    EM,
    Cuttings,
    Hand,
    Ink,
    pick_hand,
    write_text,
)
from inkling.datasets.lines.scribbles import cross_out, scribble
from inkling.datasets.lines.synthesis import (
    BESIDE,
    View,
    bleed_through,
    cover_paper,
    expose,
    lay_beside,
    smudge,
)

Rng = np.random.Generator
Picture = NDArray[np.uint8]
Paint = Callable[[NDArray[np.float32], float, Rng], None]

HEIGHT, WIDTH, ACROSS = 48, 150, 4
"""Pixels of one picture, and pictures in a strip."""


UNIT = 28.0
"""Pixels of a picture that a digit is high."""


def view_of(ink: Ink) -> View:
    """The middle of the ink in the middle of the picture, slanted a little."""
    scale = EM / UNIT
    matrix = np.array([[scale, 0.12 * scale, 0], [0, scale, 0], [0, 0, 1.0]])
    middle = np.array([(ink.left + ink.right) / 2, 3.5 * EM])
    matrix[:2, 2] = middle - matrix[:2, :2] @ np.array([WIDTH / 2, HEIGHT / 2])
    return View(HEIGHT, WIDTH, UNIT, matrix, None)


class Studio:
    """Draws one line at a time, plain but for what a strip is to show."""

    def __init__(self, cuttings: Cuttings) -> None:
        self.cuttings = cuttings
        self.texts = ["4071", "136", "25.9", "1,680", "907", "58", "3142", "76.3"]
        self.rng = np.random.default_rng(11)

    def hand(self, **changes: object) -> Hand:
        """A tidy writer, but for the changes."""
        tidy: dict[str, object] = {
            "gap": 0.12 * EM,
            "unevenness": 0.02,
            "climb": 0.0,
            "joined": 0.0,
            "zeros": 1.0,
        }
        tidy |= {
            "chained": False,
            "shrink": 1.0,
            "pen": 3.6,
            "width": 1.0,
            "wobble": 0.02,
            "unruliness": 0.0,
            "cut": (True,) * 10,
        }
        return replace(pick_hand(self.rng), **(tidy | changes))  # type: ignore[arg-type]

    def write(self, text: str = "", **changes: object) -> Ink:
        """Ink of a text, or of the next that is at hand."""
        if not text:
            self.texts.append(text := self.texts.pop(0))
        return write_text(text, self.hand(**changes), self.cuttings, self.rng)

    def picture(
        self,
        ink: Ink | None = None,
        *,
        paint: Paint | None = None,
        light: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda seen: seen,
        cover: Callable[[NDArray[np.float32], float], NDArray[np.float32]] | None = None,
        view: dict[str, object] | None = None,
        level: float = 0.88,
    ) -> Picture:
        """One picture of ink on paper."""
        ink = ink or self.write()
        unit = UNIT
        shot = view_of(ink)
        for name, value in (view or {}).items():
            shot = replace(shot, **{name: value(shot.matrix) if callable(value) else value})  # type: ignore[arg-type]
        covered = shot.look(ink.sheet)
        sheet = np.full((HEIGHT, WIDTH), level, np.float32)
        if paint is not None:
            paint(sheet, unit, self.rng)
        dark = cover(covered, unit) if cover else covered * 0.7
        seen = light(sheet * (1 - dark))
        return np.clip(seen * 255, 0, 255).astype(np.uint8)


def strips(studio: Studio) -> dict[str, Callable[[], Picture]]:
    """What is shown, by the name of its file."""
    s, rng = studio, studio.rng
    drawn = {"cut": (False,) * 10, "wobble": 0.03}

    def form(digit: int, forms: list[int]) -> Callable[[], Picture]:
        def one() -> Picture:
            forms.append(chosen := forms.pop(0))
            kept = tuple(chosen if place == digit else 0 for place in range(10))
            return s.picture(s.write(str(digit) * 3, **drawn, forms=kept, gap=0.35 * EM))

        return one

    def marked(kind: str) -> Callable[[], Picture]:
        def one() -> Picture:
            if kind == "scribble":
                return s.picture(scribble(s.hand(), rng))
            ink = s.write()
            if kind == "crossed":
                cross_out(ink, s.hand(), rng)
            else:
                ink = lay_beside(ink, s.write(), round(1.15 * EM))
            return s.picture(ink)

        return one

    def several() -> Picture:
        """As many more lines as the next group says, all of them in view."""
        groups.append(others := groups.pop(0))
        ink = s.write()
        for place in others:
            ink = lay_beside(ink, s.write(), round(1.25 * EM * place))
        farther = 1 + 0.8 * len(others)
        down = np.zeros((3, 3))
        down[1, 2] = 1.25 * EM * sum(others) / (1 + len(others))
        zoom = around_middle(np.diag([farther, farther, 1.0]))
        return s.picture(ink, view={"matrix": lambda matrix: np.add(zoom(matrix), down)})

    def turned_over() -> Picture:
        turns.append(quarters := turns.pop(0))
        picture = np.rot90(s.picture(), quarters)
        whole = np.full((HEIGHT, WIDTH), 255, np.uint8)
        across = WIDTH if quarters == 2 else HEIGHT * HEIGHT // WIDTH
        left = (WIDTH - across) // 2
        small = cv2.resize(np.ascontiguousarray(picture), (across, HEIGHT), interpolation=cv2.INTER_AREA)
        whole[:, left : left + across] = small
        return whole

    def rubbed_out() -> Picture:
        ink = s.write("136")
        shown = replace(ink, right=ink.right + round(1.5 * EM))
        return s.picture(
            shown, light=lambda seen: smudge(seen, view_of(shown), ink, s.hand(), s.cuttings, rng)
        )

    def worn(wear: float, contrast: float = 0.6) -> Callable[[], Picture]:
        return lambda: expose(s.picture().astype(np.float32) / 255, 28.0, contrast, wear, rng)

    def around_middle(
        change: NDArray[np.float64],
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        back, there = np.eye(3), np.eye(3)
        back[:2, 2], there[:2, 2] = (WIDTH / 2, HEIGHT / 2), (-WIDTH / 2, -HEIGHT / 2)
        return lambda matrix: matrix @ back @ change @ there

    def turned(kind: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        change = np.eye(3)
        if kind == "turn":
            change[0, 1], change[1, 0] = 0.12, -0.12
        elif kind == "perspective":
            change[2, :2] = 0.0022, 0.003
        else:
            change[0, 1] = rng.uniform(-0.5, 0.8)
        return around_middle(change)

    beheaded = np.zeros((3, 3))
    beheaded[1, 2] = 15 * EM / 28

    def jpeg() -> Picture:
        coded = cv2.imencode(".jpg", s.picture(), [cv2.IMWRITE_JPEG_QUALITY, 12])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)

    def coarse() -> Picture:
        small = cv2.resize(s.picture(), (WIDTH * 12 // 28, HEIGHT * 12 // 28), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (WIDTH, HEIGHT)), np.uint8)

    def bled() -> Picture:
        other = View(HEIGHT, WIDTH, 28.0, np.diag([EM / 28, EM / 28, 1.0]), None).look(
            s.write("88").sheet[2 * EM :]
        )
        return s.picture(light=lambda seen: bleed_through(seen, other, rng))

    def paint(draw: Callable[..., None], *more: object) -> Callable[[], Picture]:
        return lambda: s.picture(paint=lambda sheet, unit, chance: draw(sheet, unit, *more, chance))

    def pen(kind: float, dark: float, **changes: object) -> Callable[[], Picture]:
        def one() -> Picture:
            def cover(covered: NDArray[np.float32], unit: float) -> NDArray[np.float32]:
                chance = np.random.default_rng(int(rng.integers(1 << 30)))
                while True:  # until the kind of pen is drawn that is to be shown
                    state = chance.bit_generator.state
                    ahead = np.random.default_rng()
                    ahead.bit_generator.state = state
                    if ahead.random() >= 0.5 and kind - 0.1 < ahead.random() < kind + 0.02:
                        return cover_paper(covered, unit, dark, 0.8, chance)
                    chance.random()

            return s.picture(s.write(**changes), cover=cover)

        return one

    groups = list(BESIDE)
    turns = [2, 2, 1, 3]
    tails = ["45.-", "120=", "98--", "70.=", "$55", "31#", "64kg", "880-"]
    leading, lone = ["—407", "—25", "—1380", "—96"], ["-", "/", "-", "/"]
    values = ["-12", "3/4", "8:05", "24/11/98", "1.5", "0,07", "12 500", "5-81-2"]

    def text(of: list[str]) -> Callable[[], Picture]:
        return lambda: s.picture(s.write(of.pop(0)))

    return {
        "mnist": s.picture,
        "drawn": lambda: s.picture(s.write(**drawn)),
        "one": form(1, [6, 4, 8, 12]),
        "one_stem": form(1, [5, 13, 11, 13]),
        "two": form(2, [0, 2, 3, 4]),
        "three": form(3, [0, 1, 2, 3]),
        "four": form(4, [8, 1, 5, 7]),
        "seven": form(7, [0, 2, 3, 4]),
        "eight": form(8, [1, 2, 3, 4]),
        "nine": form(9, [0, 1, 4, 5]),
        "eight_hooked": form(8, [5, 5, 5, 5]),
        "nine_open": form(9, [8, 8, 9, 9]),
        "zero": form(0, [2, 2, 3, 4]),
        "five": form(5, [0, 1, 3, 5]),
        "signs": text(values[:4]),
        "points": text(values[4:]),
        "tails": text(tails[:4]),
        "units": text(tails[4:]),
        "leading": text(leading),
        "nothing": text(lone),
        "touching": lambda: s.picture(s.write(gap=-0.13 * EM)),
        "joined": lambda: s.picture(s.write("2000", **drawn, joined=0.9)),
        "zeros": lambda: s.picture(s.write("5000", zeros=0.7, chained=True)),
        "spread": lambda: s.picture(s.write("4 07", gap=0.6 * EM)),
        "unruly": lambda: s.picture(s.write(**drawn, unruliness=0.3)),
        "uneven": lambda: s.picture(s.write(unevenness=0.14, climb=0.08)),
        "small": lambda: s.picture(s.write("38,50", shrink=0.6)),
        "slant": lambda: s.picture(view={"matrix": turned("slant")}),
        "turned": lambda: s.picture(view={"matrix": turned("turn")}),
        "perspective": lambda: s.picture(view={"matrix": turned("perspective")}),
        "marker": pen(0.7, 0.9, pen=7.5),
        "ballpen": pen(0.7, 0.6, pen=2.6),
        "pencil": pen(0.2, 0.35, pen=3.0),
        "broken": pen(0.3, 0.7, pen=3.0),
        "rules": paint(papers.rule, 0.6),
        "boxes": paint(papers.draw_box),
        "guides": paint(papers.guide),
        "patterns": paint(papers.print_pattern, 0.6),
        "print": paint(papers.small_print),
        "stamps": paint(papers.stamp, 0.6),
        "neighbours": marked("neighbours"),
        "bleeding": bled,
        "rubbed": rubbed_out,
        "light": lambda: s.picture(light=lambda seen: papers.cast_light(seen, rng)),
        "paper": lambda: s.picture(level=float(rng.uniform(0.3, 1.0))),
        "worn": worn(1.0),
        "coarse": coarse,
        "cut": lambda: s.picture(view={"matrix": lambda matrix: np.add(matrix, beheaded)}),
        "jpeg": jpeg,
        "blank": lambda: s.picture(
            write_text("", s.hand(), s.cuttings, rng), paint=lambda p, u, r: papers.rule(p, u, 0.6, r)
        ),
        "crossed": marked("crossed"),
        "scribble": marked("scribble"),
        "lines": several,
        "upside": turned_over,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="sample", help="where digits are cut from")
    folder = Path(__file__).parent / "synthesis"
    folder.mkdir(exist_ok=True)
    studio = Studio(Cuttings(inkling.load_digits(parser.parse_args().data)))
    for name, one in strips(studio).items():
        strip = np.full((HEIGHT, ACROSS * (WIDTH + 6) - 6), 255, np.uint8)
        for place in range(ACROSS):
            left = place * (WIDTH + 6)
            strip[:, left : left + WIDTH] = one()
        cv2.imwrite(str(folder / f"{name}.png"), strip)
        print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
