"""A request that is refused before its body is read leaves the connection whole."""

import pytest
import requests

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

BODY = b"x" * 1_900_000


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/post/edit/1", {"Accept": "application/json"}, 401),
        ("/no/such/page", {"Accept": "application/json"}, 404),
        ("/post/add", {"Accept": "application/json", "Origin": "https://evil.example"}, 401),
    ],
)
def test_the_next_request_on_the_same_connection_is_answered(serve, path, headers, status):
    _, address = serve(FB_APP_ID="1", FB_APP_SECRET="secret-of-the-app")

    with requests.Session() as session:
        for _ in range(4):
            refused = session.post(
                f"{address}{path}",
                data=BODY,
                headers={**headers, "Content-Type": "multipart/form-data; boundary=b"},
                timeout=20,
            )
            assert refused.status_code in (status, 403)
            assert session.get(f"{address}/healthz", timeout=20).status_code == 200
