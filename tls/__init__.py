"""Signs the certificate of TLS=local, and puts one's own in place for TLS=files."""
