"""ContentDecoder: bodies are decoded completely and in small steps, however they are encoded and split."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2._http.decompression import ContentDecoder, UnsupportedEncodingError

STEP = 64 * 1024


def bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(body[half:])


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("X-GZIP", gzip.compress),
    "gzip in two members": ("gzip", members),
    "gzip with zeros behind": ("gzip", lambda body: gzip.compress(body) + bytes(7)),
    "deflate": ("deflate", zlib.compress),
    "deflate without its header": ("deflate", bare),
    "gzip in deflate": ("gzip, deflate", lambda body: zlib.compress(gzip.compress(body))),
    "not at all": ("identity", bytes),
}
BODIES = st.one_of(st.binary(max_size=500), st.integers(0, 4 * STEP + 1).map(bytes))
packings = pytest.mark.parametrize("packing", PACKERS)


def pieces(body: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    # The first piece holds two bytes, so that deflate without its header shows.
    places = [0, *(max(place, min(2, len(body))) for place in places[1:])]
    return [body[start:end] for start, end in pairwise(places)]


def decoded(encoding: str, parts: Sequence[bytes]) -> list[bytes]:
    decoder = ContentDecoder(encoding)
    steps = [step for part in parts for step in decoder.decode(part)]
    decoder.finish()
    return steps


@packings
@given(body=BODIES, cuts=st.lists(st.integers(0, 1 << 20), max_size=6))
def test_a_body_is_decoded_completely(packing: str, body: bytes, cuts: list[int]):
    encoding, pack = PACKERS[packing]
    assert b"".join(decoded(encoding, pieces(pack(body), cuts))) == body


@pytest.mark.parametrize("packing", [packing for packing in PACKERS if packing.startswith(("gzip", "deflate"))])
def test_no_step_is_large(packing: str):
    encoding, pack = PACKERS[packing]
    assert max(map(len, decoded(encoding, [pack(bytes(40 * STEP))]))) <= STEP


@pytest.mark.parametrize("packing", ["gzip", "deflate", "deflate without its header", "gzip in deflate"])
@given(body=st.binary(min_size=1, max_size=200), missing=st.integers(1, 4))
def test_a_body_that_ends_too_early_is_an_error(packing: str, body: bytes, missing: int):
    encoding, pack = PACKERS[packing]
    packed = pack(body)
    with pytest.raises(httpx.DecodingError, match="ends too early"):
        decoded(encoding, [packed[: max(1, len(packed) - missing)]])


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("parts", [[b"\xff\xff{}"], [b"{}"], [b"\xff\xff", b"{}"]])
def test_a_body_that_is_not_packed_is_an_error(encoding: str, parts: list[bytes]):
    with pytest.raises(httpx.DecodingError, match=f"is not {encoding}, as its headers say"):
        decoded(encoding, parts)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_body_that_goes_on_after_its_end_is_an_error(packing: str):
    encoding, pack = PACKERS[packing]
    with pytest.raises(httpx.DecodingError, match="goes on after its end"):
        decoded(encoding, [pack(b"{}") + b"more"])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, deflate"])
def test_an_empty_body_decodes_to_nothing(encoding: str):
    assert decoded(encoding, []) == decoded(encoding, [b""]) == []


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "compress, gzip"])
def test_an_encoding_that_was_not_requested_is_an_error_that_names_it(encoding: str):
    with pytest.raises(
        UnsupportedEncodingError,
        match=r"Content-Encoding '(br|zstd|compress)', but the client decodes only gzip and deflate",
    ):
        decoded(encoding, [b"{}"])


def test_a_response_without_a_body_may_name_any_encoding():
    assert decoded("br", []) == []
