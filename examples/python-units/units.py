"""units: converts lengths. A small HTTP service on FastAPI, whose validation is compiled code (pydantic-core).

GET /convert?value=26.2&from=mile&to=kilometre
"""

import asyncio
import os
import socket
from enum import Enum

import uvicorn
from fastapi import FastAPI, Query
from pydantic import BaseModel

METRES = {
    "metre": 1.0,
    "kilometre": 1000.0,
    "inch": 0.0254,
    "foot": 0.3048,
    "mile": 1609.344,
    "nautical_mile": 1852.0,
}
Unit = Enum("Unit", {name: name for name in METRES}, type=str)

app = FastAPI(title="units", docs_url=None, redoc_url=None)


class Length(BaseModel):
    value: float
    unit: Unit


@app.get("/convert")
async def convert(
    value: float = Query(allow_inf_nan=False),
    source: Unit = Query(alias="from"),
    target: Unit = Query(alias="to"),
) -> Length:
    metres = value * METRES[source.value]
    return Length(value=round(metres / METRES[target.value], 6), unit=target)


@app.get("/units")
async def units() -> list[str]:
    return list(METRES)


def main() -> None:
    listener = socket.create_server(("0.0.0.0", int(os.environ.get("PORT", "8080"))))
    port = listener.getsockname()[1]
    print(f"listening on port {port} as user {os.getuid()}", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    asyncio.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main()
