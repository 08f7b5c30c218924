"""Where executions come from: one protocol for every server that speaks Lambda's durable execution API."""
