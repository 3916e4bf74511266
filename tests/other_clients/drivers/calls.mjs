// The drivers' side of the protocol: one JSON line for each call, on standard output, and nothing else there.
import fs from 'node:fs';

export const K = JSON.parse(process.env.KNOWN);

const report = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);

console.log = console.info = console.warn = console.error;

export async function call(name, run) {
  try {
    await run();
  } catch (error) {
    const described = `${error?.name}: ${error?.message} ${error?.status ?? ''}`.replace(/\s+/g, ' ').trim().slice(0, 500);
    report({ call: name, ok: false, error: described });
    return;
  }
  report({ call: name, ok: true, error: null });
}

export function finish() {
  report({ finished: true });
  process.exit(0);
}
