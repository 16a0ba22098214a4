"""A throw-away certificate authority, made with the openssl program."""

import pathlib
import subprocess


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Authority:
    def __init__(self, directory, name="test authority"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self._key = self.directory / "ca.pem", self.directory / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate)
        self._serial = 1

    def issue(self, name, alternative="DNS:localhost,IP:127.0.0.1"):
        """(certificate, key) paths for a server or client called `name`."""
        self._serial += 1
        base = self.directory / f"{name}-{self._serial}"
        key, request, certificate = (base.with_suffix(end) for end in (".key", ".csr", ".pem"))
        extensions = base.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={alternative}\n", encoding="ascii")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-days", "2",
                 "-set_serial", self._serial, "-extfile", extensions, "-out", certificate)
        return certificate, key
