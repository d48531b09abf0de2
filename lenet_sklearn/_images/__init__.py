"""Arrays as images: their layout, the checks of X and y, pixel values and geometry."""
