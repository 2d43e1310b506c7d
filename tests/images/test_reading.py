"""What is in a file arrives: every sample at its depth, the right way up; what is no picture is refused."""

import contextlib
import io
import logging
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
import tifffile
from numpy.typing import NDArray

from convolens.errors import FileError, ImageError
from convolens.images import Image, luminance, read_image, write_image
from convolens.images.deep import write_png
from convolens.images.metadata import upright_view
from convolens.images.reading import decode_image
from convolens.images.writing import encode_image

DTYPES = [np.uint8, np.uint16, np.int8, np.int16, np.uint32, np.int32, np.float16, np.float32, np.float64]


def samples(dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Draw values from the whole range of an integer type, or from −2 to 2."""
    generator = np.random.default_rng(3)
    if np.dtype(dtype).kind == "f":
        return generator.uniform(-2, 2, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return generator.integers(limits.min, limits.max, shape, endpoint=True, dtype=dtype)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
@pytest.mark.parametrize(
    ("ending", "dtype"),
    [("png", np.uint8), ("png", np.uint16), ("webp", np.uint8), *(("tif", dtype) for dtype in DTYPES)],
)
def test_round_trip_is_exact(tmp_path: Path, ending: str, dtype: Any, shape: tuple[int, ...], alpha: bool) -> None:
    """PNG, TIFF and lossless WebP give back every sample, alpha, colour profile and resolution."""
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    picture = Image(
        samples(dtype, shape),
        alpha=samples(dtype, shape[:2])[::-1] if alpha else None,
        icc_profile=profile,
        dpi=(72.0, 150.0),
    )
    write_image(tmp_path / f"a.{ending}", picture)
    found = read_image(tmp_path / f"a.{ending}")
    expected = picture.pixels
    if ending == "webp" and expected.ndim == 2:
        expected = np.dstack([expected] * 3)
    assert found.pixels.dtype == dtype
    np.testing.assert_array_equal(found.pixels, expected)
    assert (found.alpha is None) == (picture.alpha is None)
    if found.alpha is not None:
        np.testing.assert_array_equal(found.alpha, picture.alpha)
    assert found.icc_profile == profile
    if ending != "webp":
        assert found.dpi == pytest.approx((72, 150), rel=1e-3)


def test_jpeg_keeps_profile_exif_and_resolution(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    """JPEG changes samples a little, and nothing else."""
    exif = PIL.Image.Exif()
    exif[0x010F] = "Camera maker"
    exif[0x8769] = {0x829A: 0.25}
    source = Image(
        np.full((16, 16, 3), 90, np.uint8), icc_profile=b"p" * 200, exif=exif.tobytes(), dpi=(300.0, 300.0)
    )
    write_image(tmp_path / "a.jpg", source)
    found = read_image(tmp_path / "a.jpg")
    assert np.abs(found.pixels.astype(int) - 90).max() <= 2
    assert (found.icc_profile, found.dpi, found.format) == (b"p" * 200, (300, 300), "JPEG")
    kept = PIL.Image.Exif()
    kept.load(found.exif)
    assert kept[0x010F] == "Camera maker"
    assert kept.get_ifd(0x8769)[0x829A] == 0.25


@pytest.mark.parametrize("channels", [None, 2, 3, 4])
def test_deep_png_agrees_with_pillow(tmp_path: Path, channels: int | None) -> None:
    """The high bytes of a 16-bit PNG that we write are what Pillow, which keeps no others, decodes."""
    shape = (6, 5) if channels is None else (6, 5, channels)
    pixels = samples(np.uint16, shape)
    with open(tmp_path / "a.png", "wb") as file:
        write_png(file, pixels, compression=6)
    with PIL.Image.open(tmp_path / "a.png") as opened:
        decoded = np.asarray(opened)
    if channels is None:
        np.testing.assert_array_equal(decoded, pixels)
    elif channels == 2:
        np.testing.assert_array_equal(decoded[..., [0, 3]], pixels >> 8)
    else:
        np.testing.assert_array_equal(decoded, pixels >> 8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_compression(format: str, dtype: Any) -> None:
    """A file that zlib tries harder on is smaller, and has the same pixels."""
    rows, columns = np.mgrid[:200, :300]
    pixels = (100 + 50 * np.sin(rows / 9) * np.cos(columns / 7)).astype(dtype)
    sizes = []
    for compression in (1, 9):
        encode_image(file := io.BytesIO(), Image(pixels), format, compression=compression)
        sizes.append(file.tell())
        file.seek(0)
        np.testing.assert_array_equal(decode_image(file, "it").pixels, pixels)
    assert sizes[0] > sizes[1]


def interlaced_png(pixels: NDArray[np.uint16]) -> bytes:
    """Encode 16-bit RGB in the seven passes of Adam7."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = pixels.shape[:2]
    starts = [
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ]
    passes = [pixels[top::down, left::right] for top, left, down, right in starts]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for part in passes if part.size for row in part)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 1)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_interlaced_deep_png(tmp_path: Path) -> None:
    """16-bit colour survives interlacing, too."""
    pixels = samples(np.uint16, (13, 9, 3))
    (tmp_path / "a.png").write_bytes(interlaced_png(pixels))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, pixels)


def transparent_png(colour_type: int, depth: int, pixels: bytes, key: bytes) -> bytes:
    """Encode one row of two pixels with a transparent colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, depth, colour_type, 0, 0, 0)),
        chunk(b"tRNS", key),
        chunk(b"IDAT", zlib.compress(b"\0" + pixels)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("colour_type", "depth", "pixels", "key"),
    [
        (0, 8, [5, 6], [6]),
        (2, 8, [1, 2, 3, 4, 5, 6], [4, 5, 6]),
        (0, 16, [500, 600], [600]),
        (2, 16, [100, 200, 300, 400, 500, 600], [400, 500, 600]),
    ],
)
def test_transparent_colour_becomes_alpha(
    tmp_path: Path, colour_type: int, depth: int, pixels: list[int], key: list[int]
) -> None:
    """A PNG's transparent colour is kept as alpha, in grey and colour, at 8 and 16 bits."""
    stored = np.array(pixels, f">u{depth // 8}").tobytes()
    (tmp_path / "a.png").write_bytes(transparent_png(colour_type, depth, stored, np.array(key, ">u2").tobytes()))
    found = read_image(tmp_path / "a.png")
    assert found.pixels.ravel().tolist() == pixels
    assert found.alpha is not None
    assert found.alpha.tolist() == [[2**depth - 1, 0]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_orientation_is_carried_out(tmp_path: Path, ending: str, orientation: int, rgb: NDArray[np.uint8]) -> None:
    """However a camera was held, the pixels arrive upright, as Pillow's own transposition has them."""
    import PIL.ImageOps

    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    options: dict[str, Any] = {"exif": exif.tobytes()}
    if ending == "webp":
        options["lossless"] = True
    PIL.Image.fromarray(rgb).save(tmp_path / f"a.{ending}", **options)
    with PIL.Image.open(tmp_path / f"a.{ending}") as opened:
        upright = np.asarray(PIL.ImageOps.exif_transpose(opened))
    found = read_image(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(found.pixels, upright)
    write_image(tmp_path / f"b.{ending}", found)
    with PIL.Image.open(tmp_path / f"b.{ending}") as opened:
        assert opened.getexif().get(0x0112, 1) == 1
        assert opened.getexif()[0x010F] == "Maker"
        assert np.asarray(opened).shape == upright.shape


def test_orientation_of_deep_tiff(tmp_path: Path) -> None:
    """The same holds for TIFF that Pillow cannot read; across and down change places with it."""
    pixels = samples(np.uint16, (4, 6, 3))
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="rgb", resolution=(100, 50), resolutionunit="INCH",
        extratags=[(274, "H", 1, 6, True)],
    )  # fmt: skip
    found = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(found.pixels, np.rot90(pixels, -1))
    assert found.dpi == (50, 100)


def test_unknown_orientation_counts_as_upright() -> None:
    """Numbers outside 1 to 8, as some programs write, change nothing."""
    pixels = np.arange(6).reshape(2, 3)
    for odd in (0, 9, -1):
        np.testing.assert_array_equal(upright_view(odd)(pixels), pixels)


def test_palette_bilevel_and_cmyk(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    """Palettes become RGB or RGBA, bilevel becomes grey, CMYK becomes RGB without its profile."""
    flat = PIL.Image.fromarray(rgb).quantize(8)
    flat.save(tmp_path / "p.png")
    np.testing.assert_array_equal(read_image(tmp_path / "p.png").pixels, np.asarray(flat.convert("RGB")))
    flat.save(tmp_path / "t.png", transparency=0)
    alpha = read_image(tmp_path / "t.png").alpha
    assert alpha is not None
    np.testing.assert_array_equal(alpha == 0, np.asarray(flat) == 0)
    PIL.Image.fromarray(rgb[..., 0] > 99).save(tmp_path / "b.png")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png").pixels, np.where(rgb[..., 0] > 99, 255, 0))
    PIL.Image.new("CMYK", (4, 3), (0, 255, 255, 0)).save(tmp_path / "c.tif")
    ink = read_image(tmp_path / "c.tif")
    assert ink.pixels[0, 0].tolist() == [255, 0, 0]
    assert ink.icc_profile is None


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiff(tmp_path: Path, compression: str, rgb: NDArray[np.uint8]) -> None:
    """8-bit TIFF is read however it is compressed."""
    PIL.Image.fromarray(rgb).save(tmp_path / "a.tif", compression=compression)
    found = read_image(tmp_path / "a.tif").pixels
    assert np.abs(found.astype(int) - rgb).max() <= (255 if compression == "jpeg" else 0)
    assert found.shape == rgb.shape


def lzw(data: bytes) -> bytes:
    """Encode as TIFF's LZW with clear codes so frequent that codes stay 9 bits long."""
    codes = []
    for start in range(0, len(data), 200):
        codes += [256, *data[start : start + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_colour_under_lzw(tmp_path: Path, order: str) -> None:
    """16-bit RGB compressed with LZW, as image editors write it, is read exactly, in both byte orders."""
    pixels = samples(np.uint16, (6, 9, 3))
    coded = lzw(pixels.astype(f"{order}u2").tobytes())
    entries = [
        (256, 4, 1, 9), (257, 4, 1, 6), (258, 3, 3, 0), (259, 3, 1, 5), (262, 3, 1, 2),
        (273, 4, 1, 0), (277, 3, 1, 3), (278, 4, 1, 6), (279, 4, 1, len(coded)),
    ]  # fmt: skip
    directory = 8
    bits = directory + 2 + 12 * len(entries) + 4
    strip = bits + 6
    content = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        value = {258: bits, 273: strip}.get(tag, value)
        field = (
            struct.pack(f"{order}HH", value, 0) if kind == 3 and count == 1 else struct.pack(f"{order}I", value)
        )
        content += struct.pack(f"{order}HHI", tag, kind, count) + field
    content += struct.pack(f"{order}I", 0) + struct.pack(f"{order}3H", 16, 16, 16) + coded
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, directory)
    (tmp_path / "a.tif").write_bytes(head + content)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").pixels, pixels)


def test_other_tiffs(tmp_path: Path) -> None:
    """BigTIFF, separate colour planes, white-is-zero and multiplied alpha are understood."""
    pixels = samples(np.uint16, (5, 6, 3))
    tifffile.imwrite(tmp_path / "big.tif", pixels, bigtiff=True, photometric="rgb", byteorder=">")
    np.testing.assert_array_equal(read_image(tmp_path / "big.tif").pixels, pixels)
    tifffile.imwrite(
        tmp_path / "planes.tif", np.moveaxis(pixels, -1, 0), photometric="rgb", planarconfig="separate"
    )
    np.testing.assert_array_equal(read_image(tmp_path / "planes.tif").pixels, pixels)
    tifffile.imwrite(tmp_path / "white.tif", pixels[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_image(tmp_path / "white.tif").pixels, 65535 - pixels[..., 0])
    four = samples(np.uint16, (5, 6, 4))
    tifffile.imwrite(tmp_path / "multiplied.tif", four, photometric="rgb", extrasamples=["assocalpha"])
    found = read_image(tmp_path / "multiplied.tif")
    assert found.premultiplied
    with pytest.raises(ImageError, match="multiplied by alpha"):
        write_image(tmp_path / "b.png", found)
    write_image(tmp_path / "b.tif", found)
    assert read_image(tmp_path / "b.tif").premultiplied


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["shaped", "imagej", "ome", "words"])
def test_descriptions_of_the_array_itself_are_not_kept(tmp_path: Path, kind: str, dtype: Any) -> None:
    """What tifffile, ImageJ and OME note of shape and axes is dropped; a person's description stays."""
    options: dict[str, Any] = {
        "shaped": {"metadata": {}},
        "imagej": {"imagej": True},
        "ome": {"ome": True},
        "words": {"description": "a boat", "metadata": None},
    }[kind]
    tifffile.imwrite(tmp_path / "a.tif", samples(dtype, (5, 6)), photometric="minisblack", **options)
    write_image(tmp_path / "b.tif", read_image(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "b.tif") as found:
        assert found.pages.first.description == ("a boat" if kind == "words" else "")


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_big_endian_pixels_are_written(tmp_path: Path, ending: str) -> None:
    """The order of bytes in memory is no reason to refuse a picture."""
    pixels = samples(np.uint16, (5, 6, 3))
    write_image(tmp_path / f"a.{ending}", Image(pixels.astype(">u2")))
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{ending}").pixels, pixels)


def test_tifffile_is_quiet_here_and_heard_elsewhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Damage is told by our error alone; whoever else uses tifffile still gets its messages."""
    tifffile.imwrite(tmp_path / "whole.tif", samples(np.uint16, (64, 64)), photometric="minisblack")
    (tmp_path / "cut.tif").write_bytes((tmp_path / "whole.tif").read_bytes()[:200])
    logger = logging.getLogger("tifffile")
    before = logger.level, list(logger.filters)
    with pytest.raises(ImageError):
        read_image(tmp_path / "cut.tif")
    assert caplog.records == []
    assert (logger.level, logger.filters) == before
    logger.error("damaged")
    assert caplog.messages == ["damaged"]


def test_what_is_no_picture(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    """Text, emptiness, other formats, films and stacks get one clear line each."""
    (tmp_path / "text.png").write_text("not an image at all")
    (tmp_path / "empty.jpg").write_bytes(b"")
    frames = [PIL.Image.fromarray(rgb), PIL.Image.fromarray(rgb[::-1])]
    frames[0].save(tmp_path / "film.png", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "film.webp", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "other.gif")
    tifffile.imwrite(tmp_path / "stack.tif", samples(np.uint16, (3, 5, 6)), photometric="minisblack")
    tifffile.imwrite(tmp_path / "complex.tif", np.ones((3, 3), np.complex64))
    for name, reason in [
        ("text.png", "is not a PNG, JPEG, TIFF or WebP image"),
        ("empty.jpg", "is empty"),
        ("film.png", "holds 2 pictures"),
        ("film.webp", "holds 2 pictures"),
        ("other.gif", "is a GIF file"),
        ("stack.tif", "holds 3 pictures"),
        ("complex.tif", "complex64"),
    ]:
        with pytest.raises(ImageError, match=reason) as caught:
            read_image(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ending", "dtype"),
    [(ending, np.uint8) for ending in ("png", "jpg", "tif", "webp")] + [("png", np.uint16), ("tif", np.uint16)],
)
def test_every_truncation_is_an_image_error(tmp_path: Path, ending: str, dtype: Any) -> None:
    """However early a file is cut off, the answer is an ImageError or the whole picture."""
    write_image(tmp_path / f"a.{ending}", Image(samples(dtype, (40, 40, 3))))
    whole = (tmp_path / f"a.{ending}").read_bytes()
    complete = read_image(tmp_path / f"a.{ending}").pixels
    refused = 0
    for length in [*range(1, 200, 7), *range(200, len(whole) - 1, len(whole) // 23)]:
        (tmp_path / f"b.{ending}").write_bytes(whole[:length])
        try:
            found = read_image(tmp_path / f"b.{ending}").pixels
        except ImageError:
            refused += 1
        else:
            np.testing.assert_array_equal(found, complete)
    assert refused > 20


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_random_damage_is_an_image_error(tmp_path: Path, ending: str, rgb: NDArray[np.uint8]) -> None:
    """Bytes changed at random may go unnoticed, but nothing other than an ImageError comes out."""
    write_image(tmp_path / f"a.{ending}", Image(rgb))
    whole = np.frombuffer((tmp_path / f"a.{ending}").read_bytes(), np.uint8)
    generator = np.random.default_rng(5)
    for _ in range(60):
        damaged = whole.copy()
        damaged[generator.integers(0, len(whole), 6)] = generator.integers(0, 256, 6)
        (tmp_path / f"b.{ending}").write_bytes(damaged.tobytes())
        with contextlib.suppress(ImageError):
            read_image(tmp_path / f"b.{ending}", max_pixels=100_000)


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims to be huge."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_absurd_sizes_are_refused_before_decoding(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    """The size in the header decides, the limit can be moved, and Pillow's own is as it was."""
    before = PIL.Image.MAX_IMAGE_PIXELS
    (tmp_path / "bomb.png").write_bytes(bomb(100_000, 100_000))
    with pytest.raises(ImageError, match=r"10,000,000,000 pixels; the limit is 500,000,000.*--max-pixels"):
        read_image(tmp_path / "bomb.png")
    (tmp_path / "none.png").write_bytes(bomb(0, 5))
    with pytest.raises(ImageError, match="no pixels: its size is 5×0"):
        read_image(tmp_path / "none.png")
    for ending in ("png", "tif"):
        write_image(tmp_path / f"a.{ending}", Image(rgb))
        with pytest.raises(ImageError, match="11×17 = 187 pixels; the limit is 186"):
            read_image(tmp_path / f"a.{ending}", max_pixels=186)
        assert read_image(tmp_path / f"a.{ending}", max_pixels=187).pixels.shape == rgb.shape
    assert before == PIL.Image.MAX_IMAGE_PIXELS


def test_missing_file() -> None:
    """A missing file is a FileError, which is an OSError as well."""
    with pytest.raises(FileError, match=r"no-such\.png: no such file"):
        read_image("no-such.png")
    assert issubclass(FileError, OSError)


@pytest.mark.parametrize(
    ("name", "pixels", "alpha", "reason"),
    [
        ("a.jpg", np.zeros((2, 2), np.uint16), False, "JPEG holds 8 bits"),
        ("a.webp", np.zeros((2, 2), np.float32), False, "WEBP holds 8 bits"),
        ("a.png", np.zeros((2, 2), np.float32), False, "8 or 16 bits"),
        ("a.png", np.zeros((2, 2, 5), np.uint8), False, "holds grey or RGB"),
        ("a.jpg", np.zeros((2, 2), np.uint8), True, "no alpha"),
        ("a.webp", np.zeros((1, 16384), np.uint8), False, "16,383 pixels a side"),
        ("a.bmp", np.zeros((2, 2), np.uint8), False, r"ends in '\.bmp'"),
        ("a", np.zeros((2, 2), np.uint8), False, "has no ending"),
    ],
)
def test_formats_refuse_what_they_cannot_hold(
    tmp_path: Path, name: str, pixels: NDArray[Any], alpha: bool, reason: str
) -> None:
    """Nothing is converted in silence, and nothing is left behind."""
    with pytest.raises(ImageError, match=reason):
        write_image(tmp_path / name, Image(pixels, alpha=pixels if alpha else None))
    assert list(tmp_path.iterdir()) == []


def test_image_shapes() -> None:
    """A picture has pixels, and alpha of the same size."""
    for shape in [(3,), (0, 4), (2, 2, 0), (1, 2, 2, 3)]:
        with pytest.raises(ImageError, match="shape"):
            Image(np.zeros(shape))
    with pytest.raises(ImageError, match="alpha must have"):
        Image(np.zeros((2, 2)), alpha=np.zeros((2, 3)))
    assert repr(Image(np.zeros((2, 3, 3), np.uint8), format="PNG")) == "<Image 2×3×3, uint8, from PNG>"


def test_luminance(rgb: NDArray[np.uint8]) -> None:
    """White stays white, grey pictures stay as they are, and other numbers of channels are refused."""
    white = Image(np.full((2, 2, 3), 65535, np.uint16))
    assert luminance(white).pixels.tolist() == [[65535, 65535]] * 2
    weights = np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_array_equal(luminance(Image(rgb)).pixels, np.rint(rgb @ weights))
    grey = Image(rgb[..., 0])
    assert luminance(grey) is grey
    with pytest.raises(ImageError, match="red, green and blue"):
        luminance(Image(np.zeros((2, 2, 5))))


def test_phone_picture_with_preview(tmp_path: Path, rgb: NDArray[np.uint8]) -> None:
    """An MPO, a JPEG with more pictures behind the first, is read as its first."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(rgb).save(buffer, "MPO", save_all=True, append_images=[PIL.Image.fromarray(rgb[:5, :5])])
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    found = read_image(tmp_path / "a.jpg")
    assert (found.pixels.shape, found.format) == (rgb.shape, "JPEG")
