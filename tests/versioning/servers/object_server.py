#!/usr/bin/env python3
"""A place to keep objects at, for tests: plain HTTP with basic authentication, and S3.

S3 requests are let in only with a correct AWS Signature Version 4, made anew here from the request as it
came; Content-MD5 and x-amz-content-sha256 are compared with the body. botocore (in real DVC) and
layerwatt are both checked against it, so a mistake of ours on one side does not hide one on the other.

Objects are files below ROOT/<bucket>/. Faults can be asked for: see Faults.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import sys
import threading
import urllib.parse
import xml.sax.saxutils

KEY, SECRET = "test-key", "test-secret"
USER, PASSWORD = "user", "pass"
CHUNK = 1 << 20


class Faults:
    """What goes wrong, changed at run time with POST /_faults {"name": count}.

    fail: so many requests for objects are answered 500. cut: so many GETs send half of the body and
    close. throttle: so many PUTs are answered 429.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.left = {}

    def take(self, name):
        with self.lock:
            if self.left.get(name, 0) <= 0:
                return False
            self.left[name] -= 1
            return True


class Joined:
    """Pieces of bytes, read as one stream."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.left = b""

    def read(self, size):
        if not self.left:
            self.left = next(self.pieces, b"")
        got, self.left = self.left[:size], self.left[size:]
        return got

    def readline(self):
        while b"\n" not in self.left:
            more = next(self.pieces, b"")
            if not more:
                break
            self.left += more
        at = self.left.find(b"\n") + 1 or len(self.left)
        got, self.left = self.left[:at], self.left[at:]
        return got


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *arguments):
        pass

    # Answers are buffered, and a client that waits for this one sends nothing before it comes.
    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    # Requests as they come, one JSON a line, without bodies.
    def note(self):
        if self.server.log:
            with self.server.log_lock:
                self.server.log.write(json.dumps({"method": self.command, "path": self.path}) + "\n")
                self.server.log.flush()

    def answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, message=""):
        self.drain()
        text = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self.answer(status, text.encode(), {"Content-Type": "application/xml"})

    def drain(self):
        left = int(self.headers.get("Content-Length") or 0) - getattr(self, "taken", 0)
        while left > 0:
            got = self.rfile.read(min(left, CHUNK))
            if not got:
                break
            left -= len(got)
            self.taken = getattr(self, "taken", 0) + len(got)

    def pieces(self):
        """The body, decoded, piece by piece."""
        is_chunked = "chunked" in (self.headers.get("Transfer-Encoding") or "")
        if "aws-chunked" in (self.headers.get("Content-Encoding") or ""):
            # The AWS SDK of C++ sends Amazon's chunks within those of HTTP.
            yield from self.chunks(Joined(self.chunks(self.rfile)) if is_chunked else self.rfile)
            return
        if is_chunked:
            yield from self.chunks(self.rfile)
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            got = self.rfile.read(min(left, CHUNK))
            if not got:
                raise ConnectionError("the body was cut")
            left -= len(got)
            self.taken = getattr(self, "taken", 0) + len(got)
            yield got

    def chunks(self, source):
        while True:
            size = int(source.readline().split(b";")[0], 16)
            left = size
            while left:
                got = source.read(min(left, CHUNK))
                if not got:
                    raise ConnectionError("the body was cut")
                left -= len(got)
                yield got
            if size:
                source.readline()
                continue
            # Trailers up to an empty line.
            while source.readline().strip():
                pass
            return

    def store(self, path):
        """Writes the body beside `path` and renames it; None, or why it is refused."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{threading.get_ident()}.tmp")
        md5, sha = hashlib.md5(), None
        wanted_sha = self.headers.get("x-amz-content-sha256") or ""
        if len(wanted_sha) == 64:
            sha = hashlib.sha256()
        wanted_md5 = self.headers.get("Content-MD5")
        with open(draft, "wb") as file:
            for piece in self.pieces():
                if not piece.strip(b"\0"):
                    file.seek(len(piece), os.SEEK_CUR)
                else:
                    file.write(piece)
                if wanted_md5:
                    md5.update(piece)
                if sha:
                    sha.update(piece)
            file.truncate()
        if wanted_md5 and base64.b64encode(md5.digest()).decode() != wanted_md5:
            draft.unlink()
            return "BadDigest"
        if sha and sha.hexdigest() != wanted_sha:
            draft.unlink()
            return "XAmzContentSHA256Mismatch"
        draft.rename(path)
        return None

    def send_file(self, path):
        size = path.stat().st_size
        begin, end, status = 0, size - 1, 200
        wanted = self.headers.get("Range")
        if wanted and not self.server.without_ranges:
            first, last = wanted.split("=")[1].split("-")
            begin = int(first)
            end = min(int(last), size - 1) if last else size - 1
            status = 206
            if begin >= size:
                self.answer(416, headers={"Content-Range": f"bytes */{size}"})
                return
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(end - begin + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{path.stat().st_mtime_ns:x}"')
        self.send_header("Last-Modified", self.date_time_string(int(path.stat().st_mtime)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{end}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        left = end - begin + 1
        if left > 1 and self.server.faults.take("cut"):
            left //= 2
            self.close_connection = True
        with open(path, "rb") as file:
            file.seek(begin)
            while left > 0:
                piece = file.read(min(left, CHUNK))
                self.wfile.write(piece)
                left -= len(piece)

    # One entry for all methods.
    def handle_any(self):
        self.taken = 0
        self.note()
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/_faults":
            self.server.faults.left = json.loads(b"".join(self.pieces()) or b"{}")
            self.answer(200)
            return
        if self.server.faults.take("fail"):
            self.error(500, "InternalError", "asked for by the test")
            return
        try:
            if url.path.startswith("/plain/"):
                self.plain(url)
            else:
                self.s3(url)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    # Plain HTTP, as DVC's http remotes use it.
    def plain(self, url):
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.drain()
            self.answer(401, headers={"WWW-Authenticate": "Basic realm=\"test\""})
            return
        path = self.server.root / "plain" / urllib.parse.unquote(url.path).removeprefix("/plain/")
        if self.command in ("PUT", "POST"):
            self.store(path)
            self.answer(200)
        elif path.is_file():
            self.send_file(path)
        else:
            self.answer(404)

    def signature_fault(self, url):
        """None where the signature is right, else (status, code)."""
        authorization = self.headers.get("Authorization") or ""
        if not authorization.startswith("AWS4-HMAC-SHA256 "):
            return 403, "AccessDenied"
        parts = dict(part.strip().split("=", 1) for part in authorization[17:].split(","))
        key, day, region, service, _ = parts["Credential"].split("/")
        if key != KEY:
            return 403, "InvalidAccessKeyId"
        time = self.headers.get("x-amz-date") or ""
        asked = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((datetime.datetime.now(datetime.timezone.utc) - asked).total_seconds()) > 900:
            return 403, "RequestTimeTooSkewed"
        names = parts["SignedHeaders"].split(";")
        for needed in ("host", "x-amz-content-sha256", "x-amz-date"):
            if needed not in names:
                return 403, "AccessDenied"
        query = "&".join(sorted(
            part if "=" in part else part + "=" for part in url.query.split("&") if part))
        lines = [f"{name}:{' '.join((self.headers.get(name) or '').split())}" for name in names]
        canonical = "\n".join([self.command, url.path, query, *lines, "", ";".join(names),
                               self.headers.get("x-amz-content-sha256") or ""])
        scope = f"{day}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", time, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        signing = ("AWS4" + SECRET).encode()
        for step in (day, region, service, "aws4_request"):
            signing = sign(signing, step)
        if not hmac.compare_digest(sign(signing, text).hex(), parts["Signature"]):
            return 403, "SignatureDoesNotMatch"
        return None

    def s3(self, url):
        fault = self.signature_fault(url)
        if fault:
            self.error(*fault)
            return
        path = urllib.parse.unquote(url.path).removeprefix(self.server.base)
        bucket, _, key = path.lstrip("/").partition("/")
        folder = self.server.root / bucket
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if not bucket or not folder.is_dir():
            self.error(404, "NoSuchBucket", "The specified bucket does not exist")
        elif not key:
            self.bucket(folder, query)
        else:
            self.object(folder, key, query)

    def bucket(self, folder, query):
        if self.command == "POST" and "delete" in query:
            self.drain()
            self.answer(200, b"<DeleteResult/>")
            return
        if "location" in query:
            self.answer(200, b"<LocationConstraint/>")
            return
        if self.command == "HEAD":
            self.answer(200)
            return
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        most = int(query.get("max-keys", 1000))
        after = query.get("continuation-token", "") or query.get("start-after", "")
        # Whole folders that the prefix excludes are not walked.
        start = folder / prefix.rpartition("/")[0]
        keys = sorted(path.relative_to(folder).as_posix() for path in start.rglob("*")
                      if path.is_file() and not path.name.startswith("."))
        keys = [key for key in keys if key.startswith(prefix) and key > after]
        commons = []
        if delimiter:
            commons = sorted({prefix + key[len(prefix):].split(delimiter)[0] + delimiter
                              for key in keys if delimiter in key[len(prefix):]})
            keys = [key for key in keys if delimiter not in key[len(prefix):]]
        page = keys[:most]
        encode = urllib.parse.quote if query.get("encoding-type") == "url" else xml.sax.saxutils.escape
        rows = "".join(
            f"<Contents><Key>{encode(key)}</Key><Size>{(folder / key).stat().st_size}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"x\"</ETag>"
            "<StorageClass>STANDARD</StorageClass></Contents>" for key in page)
        rows += "".join(f"<CommonPrefixes><Prefix>{encode(common)}</Prefix></CommonPrefixes>"
                        for common in commons)
        more = len(keys) > most
        token = f"<NextContinuationToken>{encode(page[-1])}</NextContinuationToken>" if more else ""
        body = (f"<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><KeyCount>{len(page)}</KeyCount>"
                f"<MaxKeys>{most}</MaxKeys><IsTruncated>{'true' if more else 'false'}</IsTruncated>"
                f"{token}{rows}</ListBucketResult>")
        self.answer(200, body.encode(), {"Content-Type": "application/xml"})

    def object(self, folder, key, query):
        path = folder / key
        if "uploadId" in query or "uploads" in query:
            self.multipart(path, query)
        elif self.command == "PUT" and key.endswith("/"):
            # What Arrow leaves where a "folder" would be empty.
            self.drain()
            path.mkdir(parents=True, exist_ok=True)
            self.answer(200, headers={"ETag": '"x"'})
        elif self.command == "PUT":
            if self.server.faults.take("throttle"):
                self.error(429, "SlowDown")
                return
            refused = self.store(path)
            if refused:
                self.error(400, refused)
            else:
                self.answer(200, headers={"ETag": '"x"'})
        elif self.command == "DELETE":
            path.unlink(missing_ok=True)
            self.answer(204)
        elif path.is_file():
            self.send_file(path)
        else:
            self.error(404, "NoSuchKey")

    def multipart(self, path, query):
        parts = path.with_name("." + path.name + ".parts")
        if "uploads" in query:
            self.drain()
            parts.mkdir(parents=True, exist_ok=True)
            self.answer(200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId>"
                             b"</InitiateMultipartUploadResult>")
        elif self.command == "PUT":
            refused = self.store(parts / f"{int(query['partNumber']):05}")
            if refused:
                self.error(400, refused)
            else:
                self.answer(200, headers={"ETag": f'"{query["partNumber"]}"'})
        else:
            self.drain()
            with open(path, "wb") as whole:
                for part in sorted(parts.iterdir()):
                    whole.write(part.read_bytes())
                    part.unlink()
            parts.rmdir()
            self.answer(200, b"<CompleteMultipartUploadResult><ETag>\"x\"</ETag>"
                             b"</CompleteMultipartUploadResult>")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    # A client that was killed is no fault of this server.
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_server(root, log=None, without_ranges=False, base="/", port=0):
    server = Server(("127.0.0.1", port), Handler)
    server.root = pathlib.Path(root)
    server.faults = Faults()
    server.log = open(log, "a", encoding="utf-8") if log else None
    server.log_lock = threading.Lock()
    server.without_ranges = without_ranges
    server.base = base
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", help="folder of the objects; one below it is a bucket")
    parser.add_argument("--log", help="file for the requests, a JSON a line")
    parser.add_argument("--base", default="/", help="path before the bucket")
    arguments = parser.parse_args()
    server = make_server(arguments.root, arguments.log, base=arguments.base)
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
