"""`stock demo`: a retailer's day through the real thing, and the proof that it was kept right."""
