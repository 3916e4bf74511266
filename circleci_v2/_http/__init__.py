"""Everything between a described request and the bytes of its answer; the only room that knows httpx, the fake apart."""
