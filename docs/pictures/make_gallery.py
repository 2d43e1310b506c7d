"""Draw gallery.png: one photograph under every named kernel, as ``convolens sheet`` draws it."""

from pathlib import Path

from skimage import data

import convolens as cl


def main() -> None:
    """Write the picture beside this script."""
    sheet = cl.contact_sheet(data.astronaut())
    cl.write_image(Path(__file__).with_name("gallery.png"), sheet, overwrite=True)


if __name__ == "__main__":
    main()
