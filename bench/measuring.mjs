/** What measurements are made with: turns, medians, promises, the memory of processes. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Stop } from '../scripts/processes.mjs';

export async function inTurns(builders, rounds, measure) {
  const all = Object.fromEntries(builders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const builder of builders) {
      all[builder.name].push(await measure(builder, round));
    }
  }
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, median(values)]));
}

export async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function row(label, values, asked) {
  return { label, unit: 's', values, asked };
}

/** Undefined where no peer was measured. */
export function fastestPeer(times) {
  const peers = Object.entries(times).filter(([name]) => name !== 'decant');
  return peers.length === 0 ? undefined : Math.min(...peers.map(([, time]) => time));
}

export function fasterThanPeers(times) {
  return whenMeasured(fastestPeer(times), (peer) =>
    atMost(times.decant, 0.9 * peer, '0.9 of the faster peer'),
  );
}

export function atMost(value, limit, text) {
  return { text: `at most ${text}`, isMet: value <= limit };
}

export function whenMeasured(value, promise) {
  return value === undefined ? [] : [promise(value)];
}

/** The high-water mark of a program's resident memory in bytes: its own and, one by one, that of the decants it starts. */
export async function peakMemory(program, args, env) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak = 0;
  const timer = setInterval(() => {
    for (const pid of family(child.pid)) peak = Math.max(peak, highWater(pid));
  }, 20);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Stop(`${program} ended with status ${status}`);
  return peak;
}

function family(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\t(\d+)$/m.exec(statusOf(name))?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const members = [root];
  for (const member of members) {
    for (const [pid, parent] of parents) if (parent === member) members.push(pid);
  }
  return members;
}

function highWater(pid) {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0) * 1024;
}

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
