"""Arrays as images: their layout, the checks of X and y, the arithmetic of pixels and geometry."""
