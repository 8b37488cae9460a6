"""Arrays in, arrays out: edges, transforms, spectra and covariance. Knows no phantom and no file."""
