"""The engine: owns every open execution, and does what invocations, operators and timers ask of it."""
