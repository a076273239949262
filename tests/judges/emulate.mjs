// Starts npm's `emulate` as a Slack workspace for the contract suite, prints its address as JSON, and ends with its input.

import { createEmulator } from "emulate";

const seed = JSON.parse(process.argv[2]);
const port = Number(process.argv[3]);
const emulator = await createEmulator({ service: "slack", port, hostname: "127.0.0.1", seed: { slack: seed } });
process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
process.stdin.resume();
process.stdin.on("end", async () => {
  await emulator.close();
  process.exit(0);
});
