// A session with the local service as a user of the JavaScript client has it; what it saw is printed as JSON.

import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
} from "@aws-sdk/client-lambda";

const client = new LambdaClient({ endpoint: process.argv[2], region: "us-east-1" });
const arn = (name) => ({ DurableExecutionArn: started[name] });
const started = {};
const seen = {};

async function start(name, event) {
  const answer = await client.send(
    new InvokeCommand({
      FunctionName: "order:$LATEST",
      InvocationType: "Event",
      DurableExecutionName: name,
      Payload: JSON.stringify(event),
    }),
  );
  started[name] = answer.DurableExecutionArn;
  return answer.StatusCode;
}

async function until(name, condition) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} did not get there`);
}

async function history(name) {
  const events = [];
  for await (const page of paginateGetDurableExecutionHistory({ client, pageSize: 2 }, arn(name))) {
    events.push(...page.Events);
  }
  return events;
}

const callbackOf = (name) =>
  until(name, async () => {
    const found = (await history(name)).find(({ EventType }) => EventType === "CallbackStarted");
    return found?.CallbackStartedDetails.CallbackId;
  });

const closed = (name) =>
  until(name, async () => {
    const execution = await client.send(new GetDurableExecutionCommand(arn(name)));
    return execution.Status !== "RUNNING" && execution;
  });

seen.functions = (await client.send(new ListFunctionsCommand({}))).Functions.map(({ FunctionName }) => FunctionName);
seen.statusCode = await start("js-order", { amount: 4 });
seen.result = JSON.parse((await closed("js-order")).Result);
seen.startedAt = (await client.send(new GetDurableExecutionCommand(arn("js-order")))).StartTimestamp instanceof Date;
seen.eventIds = (await history("js-order")).map(({ EventId }) => EventId);

const answer = await client.send(
  new InvokeCommand({ FunctionName: "order:$LATEST", Payload: JSON.stringify({ amount: 5 }) }),
);
seen.synchronous = JSON.parse(answer.Payload.transformToString());

await start("js-approve", { outcome: "approve" });
await client.send(
  new SendDurableExecutionCallbackSuccessCommand({
    CallbackId: await callbackOf("js-approve"),
    Result: new TextEncoder().encode('"granted"'),
  }),
);
seen.approved = (await closed("js-approve")).Status;

await start("js-stop", { outcome: "approve" });
await callbackOf("js-stop");
await client.send(
  new StopDurableExecutionCommand({ ...arn("js-stop"), Error: { ErrorType: "Trial", ErrorMessage: "no" } }),
);
seen.stopped = (await closed("js-stop")).Error.ErrorType;

seen.names = [];
for await (const page of paginateListDurableExecutionsByFunction({ client, pageSize: 1 }, { FunctionName: "order" })) {
  seen.names.push(...page.DurableExecutions.map(({ DurableExecutionName }) => DurableExecutionName));
}
seen.missing = await client
  .send(new GetDurableExecutionCommand({ DurableExecutionArn: `${started["js-order"]}0` }))
  .catch(({ name, $metadata }) => [name, $metadata.httpStatusCode]);

process.stdout.write(JSON.stringify(seen));
