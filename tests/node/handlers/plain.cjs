// Plain CommonJS handlers of every style, and what user code does to its process.

"use strict";

const { spawn } = require("node:child_process");

exports.echo = async (event) => event;
exports.synchronous = () => "not waited for";
exports.callback = (event, context, callback) => setTimeout(() => callback(null, { by: "callback", ...event }), 5);
exports.callbackError = (event, context, callback) => callback(new RangeError("by callback"));
exports.succeed = (event, context) => context.succeed("by context");
exports.eager = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => {}, 600_000);
  callback(null, "eager");
};
exports.never = () => new Promise(() => {});
exports.api = { nested: async () => "nested" };
module.exports["dyna" + "mic"] = async () => "dynamic";

exports.describeContext = async (event, context) => ({
  ...Object.fromEntries(Object.entries(context).filter(([, value]) => typeof value !== "function")),
  remaining: context.getRemainingTimeInMillis(),
  traceId: process.env._X_AMZN_TRACE_ID,
  cwd: process.cwd(),
});

exports.fail = async () => {
  throw new TypeError("no such order");
};
exports.failWithText = async () => {
  throw "only text";
};
exports.reject = async () => {
  Promise.reject(new RangeError("nobody waits"));
  await new Promise((resolve) => setTimeout(resolve, 600_000));
};
exports.throwLater = async () => {
  setTimeout(() => {
    throw new EvalError("later");
  });
  await new Promise((resolve) => setTimeout(resolve, 600_000));
};
exports.exit = async (event) => process.exit(event.code);
exports.busy = () => {
  for (;;);
};
exports.circular = async () => {
  const loop = {};
  loop.loop = loop;
  return loop;
};
exports.undefinedResult = async () => undefined;

exports.log = async () => {
  console.log("charged %s", 3);
  console.debug("not shown");
  console.warn({ stock: 2 });
  console.error("failed", new RangeError("too much"));
  process.stdout.write("raw, no line end");
};
exports.whoami = async () => process.pid;
exports.hang = async () => {
  process.on("SIGTERM", () => {});
  const child = spawn("sleep", ["600"], { stdio: "inherit" });
  console.info("hanging", process.pid, child.pid);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
};
