from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from inkling.documents import picture as module
from inkling.documents.picture import MAX_PIXELS, open_picture, stretch_to_bytes, to_picture
from inkling.errors import PictureError

GREY = np.array([[0, 80, 160], [255, 40, 120]], np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], axis=2)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def with_alpha(pixels: np.ndarray, alpha: np.ndarray) -> Image.Image:
    channels = pixels if pixels.ndim == 3 else pixels[..., None]
    return Image.fromarray(np.concatenate([channels, alpha[..., None]], axis=2))


OPAQUE = np.full(GREY.shape, 255, np.uint8)
BLACK_AND_WHITE = np.where(GREY > 100, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "kind", "seen"),
    [
        (Image.fromarray(BLACK_AND_WHITE > 0), "PNG", BLACK_AND_WHITE),
        (Image.fromarray(GREY), "PNG", GREY),
        (with_alpha(GREY, OPAQUE), "PNG", np.stack([GREY] * 3, axis=2)),
        (Image.fromarray(COLOUR), "PNG", COLOUR),
        (with_alpha(COLOUR, OPAQUE), "PNG", COLOUR),
        (Image.fromarray(COLOUR).quantize(6), "PNG", COLOUR),
        (Image.fromarray(COLOUR).convert("CMYK"), "TIFF", COLOUR),
        (Image.fromarray(GREY.astype(np.uint16) * 257), "PNG", GREY),
        (Image.fromarray(GREY.astype(np.int32) * 1000 - 5), "TIFF", GREY),
        (Image.fromarray(GREY.astype(np.float32) / 255 - 7), "TIFF", GREY),
        (Image.fromarray(COLOUR), "BMP", COLOUR),
        (Image.fromarray(COLOUR), "PPM", COLOUR),
    ],
    ids=["1", "L", "LA", "RGB", "RGBA", "P", "CMYK", "I;16", "I", "F", "bmp", "ppm"],
)
def test_every_mode_comes_out_as_grey_or_as_colour(picture, kind, seen):
    opened = open_picture(encoded(picture, kind))
    assert opened.dtype == np.uint8
    assert opened.shape == seen.shape
    assert np.abs(opened.astype(int) - seen).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_formats_that_lose_something_come_out_nearly_the_same(kind):
    paper = np.full((32, 32), 255, np.uint8)
    paper[8:24, 12:20] = 0
    opened = open_picture(encoded(Image.fromarray(paper).convert("RGB"), kind))
    grey = opened if opened.ndim == 2 else opened.mean(axis=2)
    assert np.abs(grey - paper).mean() < 8


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (90, 255), (200, 0)])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_is_transparent_becomes_paper_that_contrasts_with_the_ink(ink, paper, mode):
    alpha = np.zeros((9, 9), np.uint8)
    alpha[2:7, 4] = 255
    pixels = np.full((9, 9), ink, np.uint8)
    picture = with_alpha(pixels, alpha) if mode == "LA" else with_alpha(np.stack([pixels] * 3, axis=2), alpha)
    opened = open_picture(encoded(picture))
    assert (opened[alpha == 0] == paper).all()
    assert (opened[alpha == 255] == ink).all()


def test_a_palette_with_a_transparent_colour_is_laid_on_paper():
    picture = Image.new("P", (5, 5), 0)
    picture.putpalette([10, 200, 30, 0, 0, 0])
    picture.putpixel((2, 2), 1)
    opened = open_picture(encoded(picture, transparency=0))
    assert opened[2, 2].tolist() == [0, 0, 0]
    assert opened[0, 0].tolist() == [255, 255, 255]


def test_a_picture_that_is_transparent_all_over_is_white_paper():
    opened = open_picture(encoded(Image.new("RGBA", (4, 3), (0, 0, 0, 0))))
    assert (opened == 255).all()
    assert opened.shape == (3, 4, 3)


ORIENTATIONS = {
    1: GREY,
    2: GREY[:, ::-1],
    3: GREY[::-1, ::-1],
    4: GREY[::-1],
    5: GREY.T,
    6: np.rot90(GREY, -1),
    7: GREY[::-1, ::-1].T,
    8: np.rot90(GREY),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_picture_is_turned_as_its_camera_says(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(open_picture(encoded(Image.fromarray(GREY), exif=exif)), ORIENTATIONS[orientation])


def test_a_path_a_stream_and_bytes_give_the_same(tmp_path):
    content = encoded(Image.fromarray(GREY))
    path = tmp_path / "named.jpg"  # the suffix does not matter
    path.write_bytes(content)
    for source in (path, str(path), content, io.BytesIO(content)):
        assert np.array_equal(open_picture(source), GREY)


def test_one_pixel_is_a_picture():
    assert open_picture(encoded(Image.new("L", (1, 1), 7))).tolist() == [[7]]


def test_the_first_page_of_many_is_opened():
    pages = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert np.array_equal(open_picture(content), GREY)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a picture of any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(10_001, 10_000), (30_000, 30_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_promises_too_much_is_refused_before_anything_is_decoded(size):
    with pytest.raises(PictureError, match=f"{MAX_PIXELS:,}.*Scale it down"):
        open_picture(bomb(*size))


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)
def test_what_is_no_picture_is_refused_with_the_formats_that_open(content):
    with pytest.raises(PictureError, match=r"is not a picture\. Formats that open: PNG, JPEG"):
        open_picture(content)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "the picture is empty. "),
        ("x" * 300 + ".png", "cannot be opened: File name too long. Check the path."),
        (None, "A NoneType is no picture. Give a path"),
        (io.BytesIO(b"x"), "A BytesIO is no picture. Give a path"),
        (np.full((9, 9), np.nan), "An array without a finite number is no picture."),
        (np.full((9, 9), np.inf), "An array without a finite number is no picture."),
    ],
)
def test_what_is_not_even_a_file_is_told_as_what_it_is(given, said):
    with pytest.raises(PictureError) as caught:
        to_picture(given)
    assert said in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused(kind, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match=r"is not a picture|cannot be read"):
        open_picture(content[: int(len(content) * part)])


@given(
    st.sampled_from(["PNG", "JPEG", "BMP", "TIFF", "GIF", "PPM", "WEBP"]),
    st.integers(0, 200),
    st.binary(max_size=8),
)
def test_no_damage_does_more_than_a_picture_error(kind, place, noise):
    content = bytearray(encoded(Image.fromarray(GREY), kind))
    content[place : place + len(noise)] = noise
    with contextlib.suppress(PictureError):
        assert open_picture(bytes(content)).dtype == np.uint8


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(PictureError, match="does not exist"):
        open_picture(tmp_path / "absent.png")
    with pytest.raises(PictureError, match="is a folder"):
        open_picture(tmp_path)


def test_the_error_names_the_file(tmp_path):
    path: Path = tmp_path / "broken.png"
    path.write_bytes(b"broken")
    with pytest.raises(PictureError) as caught:
        open_picture(str(path))
    assert caught.value.message.startswith(str(path))


def test_the_limit_is_checked_on_the_pixels_and_not_on_one_side(monkeypatch):
    monkeypatch.setattr(module, "MAX_PIXELS", 5)
    with pytest.raises(PictureError, match="3 x 2 pixels, more than 5"):
        open_picture(encoded(Image.fromarray(GREY)))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=20))
def test_stretching_keeps_the_order_and_uses_the_whole_range(values):
    numbers = np.array(values, np.float32)
    stretched = stretch_to_bytes(numbers)
    finite = np.nan_to_num(numbers.astype(np.float64), nan=0, posinf=0, neginf=0)
    assert stretched.dtype == np.uint8
    order = np.argsort(finite, kind="stable")
    assert (np.diff(stretched[order].astype(int)) >= 0).all()
    if finite.max() - finite.min() > 0.01 * np.abs(finite).max():
        assert (stretched.min(), stretched.max()) == (0, 255)
    else:
        assert not stretched.any()


def test_stretching_nothing_gives_nothing():
    assert stretch_to_bytes(np.zeros((0, 3), np.int32)).shape == (0, 3)


def test_a_large_sheet_is_stretched_as_a_whole():
    values = np.arange(2**20 + 3, dtype=np.int32).reshape(1, -1)
    assert np.array_equal(stretch_to_bytes(values), np.round(values * (255 / (2**20 + 2))).astype(np.uint8))


def test_a_sheet_with_a_hundredth_of_noise_is_not_stretched_to_ink():
    sheet = np.full((9, 9), 60_000, np.uint16)
    sheet[4, 4] += 1
    assert not stretch_to_bytes(sheet).any()


def test_a_damaged_exif_block_turns_nothing():
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(Image.fromarray(GREY), "JPEG", exif=exif)
    place = whole.index(b"Exif\0\0") + 6
    damaged = whole[: place + 4] + b"\xff\xff\xff\xff" + whole[place + 8 :]
    assert open_picture(damaged).shape == GREY.shape
