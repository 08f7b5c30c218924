// Runs one Node handler inside a worker process, against the Lambda Runtime API; standard library only.
//
// Started as a script, by Node 22 or later:
//
//     node.mjs serve ROOT TARGET HANDLER
//     node.mjs describe ROOT TARGET REPORT_FD HANDLER...
//
// ROOT is the working directory, TARGET a file; HANDLER is what it exports, `a.b` for a member of an exported object.
// `serve` polls for invocations until it is killed; `describe` loads the file once, writes what it found as JSON to
// REPORT_FD and ends.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";

const API = "/2018-06-01/runtime/";
const OWN_FILE = fileURLToPath(import.meta.url);
// How Lambda's Node runtime ends after what nobody caught.
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

function main([mode, , target, ...rest]) {
  globalThis.awslambda = { streamifyResponse: refuseStream, HttpResponseStream: { from: refuseStream } };
  return mode === "describe" ? describe(target, Number(rest[0]), rest.slice(1)) : serve(target, rest[0]);
}

/** Stands where Lambda's runtime streams responses, which the local service does not take. */
function refuseStream() {
  throw new Error("the local service takes no streamed responses; return the response instead");
}

// --- serving ---------------------------------------------------------------------------------------------------------

/** Load the handler, then answer invocations until the process is killed. */
async function serve(target, handlerName) {
  const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
  const current = { requestId: null, tenantId: null };
  patchConsole(current);
  catchTheUncaught(api, current);
  let handler;
  try {
    handler = await loadHandler(target, handlerName);
  } catch (error) {
    await api.post("init/error", errorBody(error, initErrorType(error)));
    process.exit(1);
  }
  for (;;) {
    const { event, headers } = await api.next();
    const context = makeContext(headers);
    Object.assign(current, { requestId: context.awsRequestId, tenantId: context.tenantId });
    await answer(api, handler, event, context);
  }
}

/** Run the handler on one event and post what came of it. */
async function answer(api, handler, event, context) {
  const path = `invocation/${context.awsRequestId}`;
  const echoed = { "Lambda-Runtime-Invocation-Id": context[INVOCATION_ID] };
  try {
    const returned = await run(handler, unmarshal(event), context);
    await api.post(`${path}/response`, marshal(returned), echoed);
  } catch (error) {
    if (error instanceof RuntimeApiGone) process.exit(1);
    const body = errorBody(error);
    console.error("Invoke Error", error);
    await api.post(`${path}/error`, body, echoed);
  }
}

/**
 * What a handler of either style results in: a promise, or a callback that is called. When nothing is left to do and
 * neither has happened, the result is null, as on Lambda.
 */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const settle = (error, returned) => {
      stopWatching();
      error === undefined || error === null ? resolve(returned) : reject(error);
    };
    let called = () => settle(null, undefined);
    const whenIdle = () => called();
    const stopWatching = () => process.removeListener("beforeExit", whenIdle);
    const callback = (error, returned) => {
      called = () => settle(error, returned);
      if (!context.callbackWaitsForEmptyEventLoop || (error !== undefined && error !== null)) called();
    };
    process.on("beforeExit", whenIdle);
    Object.assign(context, {
      done: callback,
      fail: (error) => callback(error ?? "handled"),
      succeed: (returned) => callback(null, returned),
    });
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") {
      returned.then(
        (value) => settle(null, value),
        (error) => settle(error ?? String(error)),
      );
    }
  });
}

/** The event as the handler gets it. */
function unmarshal(event) {
  try {
    return JSON.parse(event || "{}");
  } catch (error) {
    throw named("Runtime.UnmarshalError", `Unable to unmarshal input: ${error.message}`);
  }
}

/** What the handler returned, as JSON. */
function marshal(returned) {
  try {
    return JSON.stringify(returned === undefined ? null : returned) ?? "null";
  } catch (error) {
    throw named("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
  }
}

/** An error with a name of the runtime's own instead of that of its class. */
function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** An error in the shape that Lambda's Node runtime reports; what is no Error has its type and text. */
function errorBody(error, errorType) {
  if (!isError(error)) {
    return { errorType: errorType ?? typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: errorType ?? error.name ?? "Error",
    errorMessage: String(error.message),
    trace: String(error.stack ?? "").split("\n").filter((line) => !line.includes(OWN_FILE)),
  };
}

/** Whether something was thrown that knows where; errors of other realms are no instances of Error here. */
function isError(thrown) {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
}

/** The name under which a failure before the first invocation is reported. */
function initErrorType(error) {
  if (error?.name?.startsWith?.("Runtime.")) return error.name;
  if (error instanceof SyntaxError) return "Runtime.UserCodeSyntaxError";
  return missingModule(error) === null ? undefined : "Runtime.ImportModuleError";
}

/** Report what no code caught, and end as Lambda's runtime does; the next invocation gets a new process. */
function catchTheUncaught(api, current) {
  const report = async (error, code, errorType) => {
    const path = current.requestId === null ? "init/error" : `invocation/${current.requestId}/error`;
    await api.post(path, errorBody(error, errorType)).catch(() => undefined);
    process.exit(code);
  };
  process.on("uncaughtException", (error) => {
    console.error("Uncaught Exception", error);
    report(error, EXIT_UNCAUGHT_EXCEPTION);
  });
  process.on("unhandledRejection", (reason) => {
    console.error("Unhandled Promise Rejection", reason);
    const error = named("Runtime.UnhandledPromiseRejection", String(reason));
    error.stack = isError(reason) ? reason.stack : "";
    report(error, EXIT_UNHANDLED_REJECTION);
  });
}

class RuntimeApiGone extends Error {}

/** The worker's side of the Runtime API, on one connection that stays open. */
class RuntimeApi {
  constructor(address) {
    const [hostname, port] = address.split(":");
    this.place = { hostname, port };
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1, timeout: 0 });
  }

  /** Wait for the next invocation: its event as it came, and its headers. */
  async next() {
    let answered;
    try {
      answered = await this.request("GET", "invocation/next");
    } catch {
      process.exit(1);
    }
    if (answered.status !== 200) process.exit(1);
    return { event: answered.body, headers: answered.headers };
  }

  /** Post a result or an error; an object is an error's body. */
  async post(path, body, headers = {}) {
    const sent = { "Content-Type": "application/json" };
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent[name] = value;
    if (typeof body !== "string") sent["Lambda-Runtime-Function-Error-Type"] = headerText(body.errorType);
    try {
      await this.request("POST", path, typeof body === "string" ? body : JSON.stringify(body), sent);
    } catch (error) {
      throw new RuntimeApiGone(error.message);
    }
  }

  request(method, path, body = "", headers = {}) {
    const length = method === "GET" ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { ...this.place, agent: this.agent, method, path: API + path, headers: { ...headers, ...length } };
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}

/** Text that can stand in a header. */
function headerText(text) {
  return String(text).replace(/[^\x20-\x7e]/g, "?");
}

const INVOCATION_ID = Symbol("invocation id");

/** The second argument of a handler, with the attributes of Lambda's own. */
function makeContext(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const traceId = headers["lambda-runtime-trace-id"];
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else delete process.env._X_AMZN_TRACE_ID;
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    clientContext: parsed(headers["lambda-runtime-client-context"]),
    identity: parsed(headers["lambda-runtime-cognito-identity"]),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    [INVOCATION_ID]: headers["lambda-runtime-invocation-id"],
  };
}

function parsed(text) {
  return text ? JSON.parse(text) : undefined;
}

// --- logging ---------------------------------------------------------------------------------------------------------

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const LEVEL_OF_METHOD = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR" };

/** Let the console write the lines that Lambda's does: with the time, the level and the running invocation. */
function patchConsole(current) {
  const isJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
  const least = Math.max(0, LEVELS.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL ?? "").toUpperCase()));
  for (const [method, level] of Object.entries(LEVEL_OF_METHOD)) {
    const stream = method === "error" || method === "warn" || method === "trace" ? process.stderr : process.stdout;
    console[method] = (...parts) => {
      if (LEVELS.indexOf(level) < least) return;
      stream.write(`${isJson ? jsonLine(current, level, parts) : textLine(current, level, parts)}\n`);
    };
  }
}

function textLine(current, level, parts) {
  return [new Date().toISOString(), current.requestId ?? "undefined", level, format(...parts)].join("\t");
}

function jsonLine(current, level, parts) {
  const line = { timestamp: new Date().toISOString(), level };
  if (current.requestId !== null) line.requestId = current.requestId;
  if (current.tenantId) line.tenantId = current.tenantId;
  if (parts.length === 1) {
    try {
      return JSON.stringify({ ...line, message: parts[0] }, errorsAsObjects);
    } catch {
      return JSON.stringify({ ...line, message: format(parts[0]) });
    }
  }
  const error = parts.find(isError);
  return JSON.stringify({ ...line, message: format(...parts), ...(error && errorFields(error)) });
}

function errorsAsObjects(_key, value) {
  return isError(value) ? errorFields(value) : value;
}

function errorFields(error) {
  return {
    errorType: error.name ?? "Error",
    errorMessage: error.message,
    stackTrace: String(error.stack ?? "").split("\n").filter((line) => !line.includes(OWN_FILE)),
  };
}

// --- loading and describing ------------------------------------------------------------------------------------------

/** The handler itself; throws what its file throws. */
async function loadHandler(target, name) {
  const { found, value } = lookUp(await import(pathToFileURL(target).href), name);
  if (!found) throw named("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof value !== "function") throw named("Runtime.HandlerNotFound", `${name} is not a function`);
  return value;
}

/** An export by its name; those of CommonJS are members of the default export where Node cannot see their names. */
function lookUp(exports, name) {
  for (const start of [exports, exports.default]) {
    let value = start;
    const found = name.split(".").every((part) => {
      const has = value !== null && value !== undefined && part in Object(value);
      value = has ? value[part] : undefined;
      return has;
    });
    if (found) return { found, value };
  }
  return { found: false, value: undefined };
}

/** Write what the file is and what each of the handlers is, or why it cannot be loaded. */
async function describe(target, reportFd, handlers) {
  const report = { runtime: `nodejs${process.versions.node.split(".")[0]}.x`, file: target };
  const inspected = await inspector();
  try {
    const exports = await import(pathToFileURL(target).href);
    report.handlers = Object.fromEntries(handlers.map((name) => [name, describeHandler(exports, name, inspected)]));
    report.callables = callables(exports);
    report.files = inspected === null ? [target] : inspected.files();
  } catch (error) {
    report.error = importFailure(error, target);
  }
  fs.writeSync(reportFd, JSON.stringify(report));
  // Timers and servers of the user's file are not waited for: nothing of it is needed any more.
  process.exit(0);
}

function describeHandler(exports, name, inspected) {
  const { found, value } = lookUp(exports, name);
  const callable = typeof value === "function";
  return { found, callable, durable: callable && inspected !== null && inspected.isDurable(value) };
}

/** The names of all functions that a file exports. */
function callables(exports) {
  const members = [...Object.entries(exports), ...Object.entries(exports.default ?? {})];
  return [...new Set(members.filter(([, value]) => typeof value === "function").map(([name]) => name))];
}

/** What is asked of the engine itself about functions; null where Node was built without its inspector. */
async function inspector() {
  try {
    return new FunctionInspector(await import("node:inspector"));
  } catch {
    return null;
  }
}

const SDK_CHECK = /function\s+([\w$]+)\s*\([\w$]+\)\s*\{[^{}]*?DurableExecutionArn[^{}]*?CheckpointToken[^}]*throw/;
const MAX_WRAPPERS = 8;

/**
 * Tells durable handlers from others. The SDK gives back a function without any mark; but the engine knows in which
 * file it was written, that is the SDK's or a bundle with the SDK in it, and its first deed is the SDK's check of the
 * event. Wrappers outside of it are looked through: what they wrap is a variable that they close over.
 */
class FunctionInspector {
  constructor({ Session }) {
    this.session = new Session();
    this.session.connect();
    this.checks = new Map();
    this.urls = new Set();
    this.session.on("Debugger.scriptParsed", ({ params }) => this.urls.add(params.url));
    this.post("Debugger.enable");
  }

  /** The files that have been loaded, as absolute paths, without Node's own and ours. */
  files() {
    const paths = [...this.urls].map((url) => (url.startsWith("file:") ? fileURLToPath(url) : url));
    return [...new Set(paths)].filter((path) => path.startsWith("/") && path !== OWN_FILE);
  }

  isDurable(handler) {
    let wave = [this.remote(handler)];
    for (let depth = 0; depth < MAX_WRAPPERS && wave.length > 0; depth += 1) {
      if (wave.some((each) => this.isSdkHandler(each))) return true;
      wave = wave.flatMap((each) => this.wrappedBy(each)).slice(0, 64);
    }
    return false;
  }

  isSdkHandler({ scriptId, text }) {
    const check = this.checkIn(scriptId);
    return check !== null && text.includes(`${check}(`);
  }

  /** The name of the SDK's check of an event in a script; null if the SDK is not in it. */
  checkIn(scriptId) {
    if (!this.checks.has(scriptId)) {
      const source = scriptId && this.post("Debugger.getScriptSource", { scriptId })?.scriptSource;
      this.checks.set(scriptId, SDK_CHECK.exec(source || "")?.[1] ?? null);
    }
    return this.checks.get(scriptId);
  }

  /** The functions in variables that a function closes over and mentions. */
  wrappedBy({ text, scopes }) {
    const variables = scopes.flatMap((objectId) => this.properties(objectId).result ?? []);
    return variables
      .filter(({ name, value }) => value?.type === "function" && mentions(text, name))
      .map(({ value }) => this.facts(value));
  }

  remote(value) {
    const key = Symbol.for("durablectl.described");
    globalThis[key] = value;
    const { result } = this.post("Runtime.evaluate", { expression: 'globalThis[Symbol.for("durablectl.described")]' });
    delete globalThis[key];
    return this.facts(result);
  }

  facts({ objectId, description }) {
    const internals = this.properties(objectId).internalProperties ?? [];
    const scriptId = internals.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value?.scriptId;
    const list = internals.find(({ name }) => name === "[[Scopes]]")?.value?.objectId;
    const scopes = list ? this.properties(list).result ?? [] : [];
    const closures = scopes.filter(({ value }) => /^(Closure|Block|Module)/.test(value?.description ?? ""));
    return { scriptId, text: description ?? "", scopes: closures.map(({ value }) => value.objectId) };
  }

  properties(objectId) {
    return this.post("Runtime.getProperties", { objectId, ownProperties: true }) ?? {};
  }

  /** Sessions of the same thread answer before `post` returns. */
  post(method, parameters) {
    let answered;
    this.session.post(method, parameters, (_error, result) => {
      answered = result;
    });
    return answered;
  }
}

function mentions(text, name) {
  return new RegExp(`(^|[^\\w$.])${name.replace(/\$/g, "\\$")}([^\\w$]|$)`).test(text);
}

/** Why a file cannot be loaded: the kind, the text, and the frames it came through. */
function importFailure(error, target) {
  if (!isError(error)) return { type: typeof error, message: String(error), code: null, module: null, frames: [] };
  const lines = String(error.stack ?? "").split("\n");
  const own = frames(lines);
  return {
    type: error.name ?? "Error",
    message: String(error.message),
    code: error.code ?? null,
    module: missingModule(error),
    frames: own.length === 0 && error instanceof SyntaxError ? syntaxFrame(lines, target) : own,
  };
}

/** The package that is not installed, or the file that is not there; null if it failed for another reason. */
function missingModule(error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" && error?.code !== "MODULE_NOT_FOUND") return null;
  const wanted = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? null;
  if (wanted === null || /^([./]|file:)/.test(wanted)) return wanted;
  const parts = wanted.split("/");
  return parts.slice(0, wanted.startsWith("@") ? 2 : 1).join("/");
}

/** The frames of a stack, outermost first, without Node's own and ours. */
function frames(lines) {
  const found = [];
  for (const line of lines) {
    const match = /^\s+at (?:async )?(?:(.*?) \()?(?:file:\/\/)?([^()]+?):(\d+):\d+\)?$/.exec(line);
    if (match === null || match[2].startsWith("node:")) continue;
    const [file, number] = [decodeURI(match[2]), Number(match[3])];
    const name = inModule(match[1]) ? "<module>" : match[1];
    if (file !== OWN_FILE) found.unshift([file, number, name, sourceLine(file, number)]);
  }
  return found;
}

/** Where the syntax is wrong. It stands above the stack, or, for a module, only Node's own check tells it. */
function syntaxFrame(lines, target) {
  const place = /^(?:file:\/\/)?(\/.+?):(\d+)$/;
  const check = () => spawnSync(process.execPath, ["--check", target]).stderr.toString().split("\n");
  const [first, second] = place.test(lines[0]) ? lines : check();
  const found = place.exec(first);
  return found === null ? [] : [[decodeURI(found[1]), Number(found[2]), "<module>", (second ?? "").trim()]];
}

function inModule(name) {
  return name === undefined || name === "Object.<anonymous>";
}

function sourceLine(file, number) {
  try {
    return fs.readFileSync(file, "utf8").split("\n")[number - 1]?.trim() ?? null;
  } catch {
    return null;
  }
}

await main(process.argv.slice(2));
