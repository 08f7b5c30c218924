// Durable functions with the official SDK, one for each kind of operation; `tax` is a plain one.

import fs from "node:fs";
import { withDurableExecution } from "@aws/durable-execution-sdk-js";

const note = (event, word) => event.effects && fs.appendFileSync(event.effects, `${word}\n`);
const once = { retryStrategy: () => ({ shouldRetry: false }) };

export const steps = withDurableExecution(async (event, context) => {
  const charged = await context.step("charge", async () => {
    note(event, "charge");
    return event.amount * 2;
  });
  await context.wait("settle", { seconds: event.pause ?? 1 });
  const shipped = await context.step("ship", async () => {
    note(event, "ship");
    return `parcel of ${charged}`;
  });
  return { charged, shipped };
});

export const retries = withDurableExecution(async (event, context) =>
  context.step(
    "flaky",
    async () => {
      note(event, "try");
      if (fs.readFileSync(event.effects, "utf8").split("\n").length <= 2) throw new TypeError("not yet");
      return "at last";
    },
    { retryStrategy: (_error, attempt) => ({ shouldRetry: attempt < 3, delay: { seconds: 1 } }) },
  ),
);

export const approval = withDurableExecution(async (event, context) => {
  const answer = await context.waitForCallback("approve", async (callbackId) => note(event, callbackId), {
    timeout: { minutes: 10 },
  });
  return { answer };
});

export const fanout = withDurableExecution(async (event, context) => {
  const both = await context.parallel("both", [
    { name: "left", func: async (child) => child.step("one", async () => 1) },
    { name: "right", func: async (child) => child.step("two", async () => 2) },
  ]);
  const squares = await context.map("squares", event.numbers, async (child, number) =>
    child.step("square", async () => number * number),
  );
  return { both: both.getResults(), squares: squares.getResults() };
});

export const chained = withDurableExecution(async (event, context) => {
  const inside = await context.runInChildContext("price", async (child) => {
    const taxed = await child.invoke("ask-tax", "tax", { net: event.net });
    return taxed.gross;
  });
  const steps = await context.invoke("do-steps", "steps:$LATEST", { amount: inside });
  return { inside, steps };
});

export const refused = withDurableExecution(async (_event, context) => {
  await context.step("refuse", async () => {
    throw new RangeError("out of stock");
  }, once);
});

export const tax = async (event) => ({ gross: event.net * 1.5 });
