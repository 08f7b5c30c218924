"""What was configured: contexts, settings with their origins, and the local service that runs now."""

from durablectl.config.file import LOCAL_CONTEXT, ConfigFile, config_path, read_config
from durablectl.config.local_service import (
    DEFAULT_LOCAL_ENDPOINT,
    LocalService,
    announce_local_service,
    find_local_service,
    local_endpoint,
    local_state_file,
    local_state_folder,
    running_local_services,
    withdraw_local_service,
)
from durablectl.config.settings import LOCAL_REGION, Effective, Options, Settings, load_settings

__all__ = [
    "DEFAULT_LOCAL_ENDPOINT",
    "LOCAL_CONTEXT",
    "LOCAL_REGION",
    "ConfigFile",
    "Effective",
    "LocalService",
    "Options",
    "Settings",
    "announce_local_service",
    "config_path",
    "find_local_service",
    "load_settings",
    "local_endpoint",
    "local_state_file",
    "local_state_folder",
    "read_config",
    "running_local_services",
    "withdraw_local_service",
]
