from __future__ import annotations

from streamparse.gateway.measures import Measures


def test_text() -> None:
    measures, other = Measures(), Measures()
    measures.requests.labels("chat", 200).inc()
    measures.first_delta.observe(0.2)
    text = measures.text().decode()
    assert 'streamparse_gateway_requests_total{kind="chat",status="200"} 1.0' in text
    assert 'streamparse_gateway_first_delta_seconds_bucket{le="0.25"} 1.0' in text
    assert 'kind="chat"' not in other.text().decode()
    assert measures.content_type.startswith("text/plain; version=0.0.4")
