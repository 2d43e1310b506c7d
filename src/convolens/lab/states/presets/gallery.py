"""The worked examples of the gallery."""

from convolens.lab.states.gallery import Gallery

GALLERY: dict[str, Gallery] = {
    "edges": Gallery(),
    "all": Gallery(view="all"),
    "blur": Gallery(kernel="gaussian:sigma=3", channels="each", display="clip"),
    "sharpen": Gallery(kernel="unsharp:sigma=2,amount=2", channels="each", display="clip"),
    "stripes": Gallery(kernel="gabor:orientation=45,wavelength=8"),
    "rings": Gallery(photograph="rings", kernel="box:size=9", channels="each", display="clip"),
    "direction": Gallery(measure="direction"),
}
