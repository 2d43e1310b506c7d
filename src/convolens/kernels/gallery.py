"""The catalogue's entries, in gallery order: for each kernel its weights, formula, source and two sentences."""

from convolens.kernels import classical, design
from convolens.kernels.named import Source
from convolens.kernels.recipe import Recipe

_GONZALEZ = Source("R. C. Gonzalez and R. E. Woods", "Digital Image Processing", "4th edition, Pearson", 2018)
_OPPENHEIM = Source(
    "A. V. Oppenheim and R. W. Schafer", "Discrete-Time Signal Processing", "3rd edition, Pearson", 2010
)
_MCDONNELL = Source(
    "M. J. McDonnell", "Box-filtering techniques", "Computer Graphics and Image Processing 17(1), 65–70", 1981
)
_KOENDERINK = Source(
    "J. J. Koenderink",
    "The structure of images",
    "Biological Cybernetics 50(5), 363–370",
    1984,
    "10.1007/BF00336961",
)
_SCHREIBER = Source(
    "W. F. Schreiber",
    "Wirephoto quality improvement by unsharp masking",
    "Pattern Recognition 2(2), 117–120",
    1970,
)
_GIMP = Source(
    "The GIMP Documentation Team",
    "Convolution Matrix",
    "GNU Image Manipulation Program User Manual 2.8",
    2012,
)
_PREWITT = Source(
    "J. M. S. Prewitt",
    "Object enhancement and extraction",
    "in B. Lipkin and A. Rosenfeld, eds., Picture Processing and Psychopictorics, Academic Press, 75–149",
    1970,
)
_SOBEL = Source(
    "I. Sobel and G. Feldman",
    "A 3×3 isotropic gradient operator for image processing",
    "talk at the Stanford Artificial Intelligence Project",
    1968,
)
_SCHARR = Source(
    "H. Scharr",
    "Optimale Operatoren in der Digitalen Bildverarbeitung",
    "dissertation, Universität Heidelberg",
    2000,
    "10.11588/heidok.00000962",
)
_ROBERTS = Source(
    "L. G. Roberts",
    "Machine perception of three-dimensional solids",
    "dissertation, Massachusetts Institute of Technology",
    1963,
)
_ROBINSON = Source(
    "G. S. Robinson",
    "Edge detection by compass gradient masks",
    "Computer Graphics and Image Processing 6(5), 492–501",
    1977,
    "10.1016/S0146-664X(77)80024-5",
)
_KIRSCH = Source(
    "R. A. Kirsch",
    "Computer determination of the constituent structure of biological images",
    "Computers and Biomedical Research 4(3), 315–328",
    1971,
    "10.1016/0010-4809(71)90034-6",
)
_MARR = Source(
    "D. Marr and E. Hildreth",
    "Theory of edge detection",
    "Proceedings of the Royal Society of London B 207, 187–217",
    1980,
    "10.1098/rspb.1980.0020",
)
_DAUGMAN = Source(
    "J. G. Daugman",
    "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by "
    "two-dimensional visual cortical filters",
    "Journal of the Optical Society of America A 2(7), 1160–1169",
    1985,
    "10.1364/JOSAA.2.001160",
)


def _edge(angle: int, edges: str, brighter: str) -> Recipe[[]]:
    """Robinson's three-level kernel for edges along ``angle``, put in words by ``edges``."""
    return Recipe(
        lambda: classical.edge(angle),
        family="edges",
        formula=f"prewitt-y turned counter-clockwise by {angle}°",
        responds_to=f"{edges}; positive where the {brighter} side is brighter.",
        because=f"The zeros lie along {angle}°; three −1 stand on the darker side, three 1 on the brighter.",
        source=_ROBINSON,
    )


def _line(angle: int, lines: str) -> Recipe[[]]:
    """The kernel for lines along ``angle``, put in words by ``lines``."""
    return Recipe(
        lambda: classical.line(angle),
        family="lines",
        formula=f"2 on the three cells along {angle}°, −1 on the other six",
        responds_to=f"{lines}, one cell wide and brighter than both sides.",
        because="A line puts its light on the three cells of weight 2; on an even area they cancel the six of −1.",
        source=_GONZALEZ,
    )


class Gallery:
    """Every recipe of the catalogue, in the order in which a gallery shows them."""

    identity = Recipe(
        design.identity,
        family="smoothing",
        formula="w(x, y) = δ(x, y)",
        responds_to="Nothing in particular: the image comes out as it went in.",
        because="Only the centre has weight, and its weight is 1.",
        source=_OPPENHEIM,
    )
    box = Recipe(
        design.box,
        family="smoothing",
        formula="w(x, y) = 1 / size²",
        responds_to="The mean brightness of the square around each cell, so it blurs and lowers noise.",
        because="Equal weights that sum to 1 take the mean; their sudden end lets some fine detail through.",
        source=_MCDONNELL,
    )
    gaussian = Recipe(
        design.gaussian,
        family="smoothing",
        formula="w(x, y) = exp(−(x² + y²) / 2σ²) / Σ",
        responds_to="Coarse structure, larger than about σ cells; finer detail and noise fade evenly.",
        because="The weights sum to 1 and fall off smoothly, alike in all directions, so nothing fine comes back.",
        source=_KOENDERINK,
    )
    motion_blur = Recipe(
        design.motion_blur,
        family="smoothing",
        formula="w(x, y) = max(0, 1 − distance from (x, y) to the path) / Σ",
        responds_to="The mean brightness along a straight path, as if the camera had moved during the exposure.",
        because="Each cell weighs as much as the path passes through it, and the weights sum to 1.",
        source=_GONZALEZ,
    )

    sharpen = Recipe(
        classical.sharpen,
        family="sharpening",
        formula="w = identity − laplacian-4",
        responds_to="Fine detail, which it adds to the image.",
        because="The weights sum to 1, so even areas stay; a cell gains what sets it off from its neighbours.",
        source=_GONZALEZ,
    )
    unsharp = Recipe(
        design.unsharp,
        family="sharpening",
        formula="w = (1 + amount) · δ − amount · G(σ)",
        responds_to="Detail finer than the blur of width σ, which it makes stronger.",
        because="The image less its blur is the detail; it is added amount times, and the weights still sum to 1.",
        source=_SCHREIBER,
    )
    emboss = Recipe(
        classical.emboss,
        family="sharpening",
        formula="w = identity + robinson:angle=45",
        responds_to="Brightness that grows towards the lower right: a relief lit from the upper left.",
        because="The weights sum to 1, so even areas stay; the difference along the diagonal is added to them.",
        source=_GIMP,
    )

    prewitt_x = Recipe(
        lambda: classical.prewitt("x"),
        family="edges",
        formula="w = (1 1 1)ᵀ (−1 0 1)",
        responds_to="Vertical edges; positive where brightness grows to the right.",
        because="Each row subtracts the left cell from the right one; the mean of three rows lowers noise.",
        source=_PREWITT,
    )
    prewitt_y = Recipe(
        lambda: classical.prewitt("y"),
        family="edges",
        formula="w = (−1 0 1)ᵀ (1 1 1)",
        responds_to="Horizontal edges; positive where brightness grows downward.",
        because="Each column subtracts the upper cell from the lower one; the mean of three columns lowers noise.",
        source=_PREWITT,
    )
    sobel_x = Recipe(
        lambda: classical.sobel("x"),
        family="edges",
        formula="w = (1 2 1)ᵀ (−1 0 1)",
        responds_to="Vertical edges; positive where brightness grows to the right.",
        because="Each row subtracts the left cell from the right one; the nearest row counts twice.",
        source=_SOBEL,
    )
    sobel_y = Recipe(
        lambda: classical.sobel("y"),
        family="edges",
        formula="w = (−1 0 1)ᵀ (1 2 1)",
        responds_to="Horizontal edges; positive where brightness grows downward.",
        because="Each column subtracts the upper cell from the lower one; the nearest column counts twice.",
        source=_SOBEL,
    )
    scharr_x = Recipe(
        lambda: classical.scharr("x"),
        family="edges",
        formula="w = (3 10 3)ᵀ (−1 0 1)",
        responds_to="Vertical edges, as sobel-x does, but with a truer gradient direction beside scharr-y.",
        because="The row weights 3 10 3 were chosen so that the gradient's direction errs least.",
        source=_SCHARR,
    )
    scharr_y = Recipe(
        lambda: classical.scharr("y"),
        family="edges",
        formula="w = (−1 0 1)ᵀ (3 10 3)",
        responds_to="Horizontal edges, as sobel-y does, but with a truer gradient direction beside scharr-x.",
        because="The column weights 3 10 3 were chosen so that the gradient's direction errs least.",
        source=_SCHARR,
    )
    roberts_1 = Recipe(
        lambda: classical.roberts(1),
        family="edges",
        formula="w = ((1 0), (0 −1))",
        responds_to="Sharp edges that rise to the right, positive where the upper left is brighter.",
        because="The lower right cell is taken from the upper left one, the shortest difference across that edge.",
        source=_ROBERTS,
    )
    roberts_2 = Recipe(
        lambda: classical.roberts(2),
        family="edges",
        formula="w = ((0 1), (−1 0))",
        responds_to="Sharp edges that fall to the right, positive where the upper right is brighter.",
        because="The lower left cell is taken from the upper right one, the shortest difference across that edge.",
        source=_ROBERTS,
    )
    edge_0 = _edge(0, "Horizontal edges", "lower")
    edge_45 = _edge(45, "Edges that rise to the right", "lower right")
    edge_90 = _edge(90, "Vertical edges", "right")
    edge_135 = _edge(135, "Edges that fall to the right", "upper right")
    robinson = Recipe(
        classical.robinson,
        family="edges",
        formula="w = sobel-y turned counter-clockwise by angle",
        responds_to="Edges along the angle that are brighter on its right; eight angles make a compass.",
        because="It is Sobel's difference with its ring of eight weights moved on by one cell for each 45°.",
        source=_ROBINSON,
    )
    kirsch = Recipe(
        classical.kirsch,
        family="edges",
        formula="5 on the three cells to the right of the angle, −3 on the other five, 0 in the centre",
        responds_to="Edges along the angle that are brighter on its right; the largest of eight angles wins.",
        because="Three neighbours of weight 5 stand against five of −3, so an even area gives 0.",
        source=_KIRSCH,
    )

    laplacian_4 = Recipe(
        lambda: classical.laplacian(4),
        family="second derivatives",
        formula="w = ∂²/∂x² + ∂²/∂y², each as (1 −2 1)",
        responds_to="Points, lines and both sides of edges, in all directions; negative on what is brighter.",
        because="Four neighbours less four times the centre: the bend of brightness along x plus that along y.",
        source=_GONZALEZ,
    )
    laplacian_8 = Recipe(
        lambda: classical.laplacian(8),
        family="second derivatives",
        formula="w = the sum of all 8 neighbours − 8 · centre",
        responds_to="Points, lines and both sides of edges, diagonal ones more strongly than laplacian-4 does.",
        because="The diagonal neighbours count too: the bends along x, along y and along both diagonals.",
        source=_GONZALEZ,
    )
    log = Recipe(
        design.log,
        family="second derivatives",
        formula="w(x, y) = (x² + y² − 2σ²) / σ⁴ · G(x, y; σ)",
        responds_to="Blobs about 1.4 σ in radius, and edges as a change of sign; negative on what is brighter.",
        because="It is the Laplacian of a Gaussian blur in one kernel: a negative middle, a positive ring, sum 0.",
        source=_MARR,
    )
    dog = Recipe(
        design.dog,
        family="second derivatives",
        formula="w = G(σ) − G(ratio · σ)",
        responds_to="Blobs and detail between the two widths; positive on what is brighter.",
        because="Each blur keeps what is coarser than its width; their difference keeps what lies between.",
        source=_MARR,
    )

    line_0 = _line(0, "Horizontal lines")
    line_45 = _line(45, "Lines that rise to the right")
    line_90 = _line(90, "Vertical lines")
    line_135 = _line(135, "Lines that fall to the right")
    gabor = Recipe(
        design.gabor,
        family="lines",
        formula="w(u, v) ∝ exp(−(u² + aspect² v²) / 2σ²) · (cos(2πu / wavelength + phase) − mean)",
        responds_to="Stripes of one wavelength in one orientation; at phase ±90° edges in that orientation.",
        because="The wave agrees in sign with stripes of its own spacing and direction, near the centre.",
        source=_DAUGMAN,
    )
