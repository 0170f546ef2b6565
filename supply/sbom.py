"""Writes the software bill of materials to .cache/sbom.cdx.json: CycloneDX 1.6."""

from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from supply.inventory import (
    ROOT,
    Package,
    Vendored,
    list_parts,
    read_images,
    read_packages,
    read_vendored,
)

FILE = ROOT / ".cache" / "sbom.cdx.json"


def make_sbom(root: Path = ROOT) -> str:
    """Parley, its parts with their packages and vendored files, and its base images; as JSON."""
    bom = Bom()
    parley = Component(name="parley", type=ComponentType.APPLICATION, bom_ref="parley")
    bom.metadata.component = parley
    components: dict[str, Component] = {}
    parts = {part.name: _make_part(part.name) for part in list_parts(root)}
    needs: dict[str, list[Component]] = {name: [] for name in parts}
    for part in list_parts(root):
        needs[part.name] += [_describe_package(package) for package in read_packages(part)]
    for vendored in read_vendored(root):
        needs[vendored.file.relative_to(root).parts[0]].append(_describe_vendored(vendored))
    for dockerfile, images in read_images(root).items():
        parts.setdefault(dockerfile.parent.name, _make_part(dockerfile.parent.name))
        needs.setdefault(dockerfile.parent.name, []).extend(map(_describe_image, images))
    for name, part_component in parts.items():
        # What several parts need is one component.
        own = [components.setdefault(str(c.bom_ref), c) for c in needs[name]]
        bom.register_dependency(part_component, own)
    for component in (*parts.values(), *components.values()):
        bom.components.add(component)
    bom.register_dependency(parley, parts.values())
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _make_part(name: str) -> Component:
    return Component(name=name, type=ComponentType.APPLICATION, bom_ref=f"parley/{name}")


def _describe_package(package: Package) -> Component:
    return _describe(
        PackageURL("pypi", name=package.name.lower(), version=package.version), *package.sha256
    )


def _describe_vendored(vendored: Vendored) -> Component:
    scope, _, name = vendored.package.rpartition("/")
    address = PackageURL("npm", scope or None, name, vendored.version, subpath=vendored.file.name)
    component = _describe(address, vendored.sha256)
    component.licenses.add(LicenseFactory().make_from_string(vendored.licence))
    return component


def _describe_image(image: str) -> Component:
    named, _, digest = image.partition("@sha256:")
    path, _, tag = named.rpartition(":")
    namespace, _, name = path.rpartition("/")
    address = PackageURL("docker", namespace or None, name, tag)
    return _describe(address, *filter(None, [digest]), kind=ComponentType.CONTAINER)


def _describe(
    address: PackageURL, *sha256: str, kind: ComponentType = ComponentType.LIBRARY
) -> Component:
    return Component(
        name=address.name,
        group=address.namespace,
        version=address.version,
        type=kind,
        purl=address,
        bom_ref=address.to_string(),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in sha256],
    )


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(make_sbom() + "\n")
    print(f"{FILE.relative_to(ROOT)} lists what Parley is made of (CycloneDX 1.6)")
