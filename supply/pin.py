"""Holds base images to their exact content: behind each tag of the Dockerfiles it writes the digest
that the image's registry tells. Docker is asked, which knows how to reach registries."""

import json
import shutil
import subprocess
from pathlib import Path

from supply.inventory import FROM, ROOT, read_images

SECONDS = 60


class Refused(Exception):
    """No digest can be had; says why."""


def find_digest(image: str) -> str:
    """Of a tag, as its registry tells it today; `sha256:…`. Refused if that can't be asked."""
    if shutil.which("docker") is None:
        raise Refused("there is no docker here, which is needed to ask registries")
    inspect = ["docker", "buildx", "imagetools", "inspect"]
    question = [*inspect, "--format", "{{json .Manifest}}", image]
    try:
        told = subprocess.run(
            question, capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout
        return str(json.loads(told)["digest"])
    except subprocess.CalledProcessError as error:
        raise Refused(f"its registry can't be asked: {error.stderr.strip()[:300]}") from error
    except subprocess.TimeoutExpired as error:
        raise Refused(f"its registry didn't answer within {SECONDS} s") from error
    except (ValueError, LookupError) as error:
        raise Refused("docker's answer has no digest") from error


def pin(root: Path = ROOT) -> None:
    """All, or none: nothing is written before every digest is known."""
    files = read_images(root)
    pinned: dict[str, str] = {}
    for image in sorted({image for images in files.values() for image in images}):
        tag = image.partition("@")[0]
        try:
            pinned[image] = f"{tag}@{find_digest(tag)}"
        except Refused as refused:
            raise SystemExit(f"make pin: {tag}: {refused}. Nothing was changed.") from None
    for file in files:
        file.write_text(FROM.sub(lambda found: f"FROM {pinned[found[1]]}", file.read_text()))
    print("\n".join(pinned.values()))


if __name__ == "__main__":
    pin()
