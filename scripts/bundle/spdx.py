"""The list of what is in a bundle, as SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/)."""

import datetime
import hashlib
import json
import re


def identifier(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


class SpdxDocument:
    """Packages, the files that came from each, and how they belong together."""

    def __init__(self, name, version, epoch):
        self.name = name
        self.created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.packages = []
        self.files = []
        self.relationships = []
        self.root = self.add_package("layerwatt", version, "Apache-2.0", "Organization: The layerwatt authors", None)
        self._relate("SPDXRef-DOCUMENT", "DESCRIBES", self.root)

    def add_package(self, name, version, licence, supplier, purl, comment=None):
        package = {
            "SPDXID": identifier("Package", name),
            "name": name,
            "versionInfo": version,
            "supplier": supplier,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": licence,
            "licenseDeclared": licence,
            "copyrightText": "NOASSERTION",
        }
        if purl:
            package["externalRefs"] = [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
            ]
        if comment:
            package["comment"] = comment
        self.packages.append(package)
        return package["SPDXID"]

    def contains(self, whole, part, how="CONTAINS"):
        self._relate(whole, how, part)

    def add_file(self, path, data, package):
        """`path` within the bundle; `package` is the identifier of the one that it came from. All files are of the
        root, which is analysed; of the others they are a part."""
        file = {
            "SPDXID": identifier("File", hashlib.sha1(path.encode()).hexdigest()),
            "fileName": "./" + path,
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
            ],
            "licenseConcluded": "NOASSERTION",
            "copyrightText": "NOASSERTION",
        }
        self.files.append(file)
        self._relate(self.root, "CONTAINS", file["SPDXID"])
        if package != self.root:
            self._relate(file["SPDXID"], "EXPANDED_FROM_ARCHIVE", package)

    def text(self):
        root = self.packages[0]
        root["filesAnalyzed"] = True
        # Clause 7.9: the SHA1 of all files' SHA1 values, sorted.
        sums = "".join(sorted(file["checksums"][0]["checksumValue"] for file in self.files))
        root["packageVerificationCode"] = {"packageVerificationCodeValue": hashlib.sha1(sums.encode()).hexdigest()}
        content = json.dumps([self.packages, self.files], sort_keys=True).encode()
        document = {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": self.name,
            # Must be unique to the content, and need not be found in the network.
            "documentNamespace": f"https://spdx.org/spdxdocs/{self.name}-{hashlib.sha256(content).hexdigest()[:32]}",
            "creationInfo": {"created": self.created, "creators": ["Tool: layerwatt-make_bundle"]},
            "packages": self.packages,
            "files": self.files,
            "relationships": self.relationships,
        }
        return json.dumps(document, indent=1) + "\n"

    def _relate(self, whole, how, part):
        self.relationships.append({"spdxElementId": whole, "relationshipType": how, "relatedSpdxElement": part})
