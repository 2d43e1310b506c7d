"""The lab: exhibits of convolution in the browser, as a page, as notebook widgets and as a static site."""
