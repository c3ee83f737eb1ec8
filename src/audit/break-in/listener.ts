/** Somebody to reach: a server of this process on the loopback address, so that nothing that is tried leaves the machine. */
import { createServer } from 'node:net';

/** What it answers to everything that speaks HTTP. */
export const ANSWER = 'decant: loopback reached\n';

/** Long enough for a client on a busy machine to say what it wants. */
const SILENCE_MILLISECONDS = 1500;

export interface Listener {
  readonly port: number;
  /** Connections so far. */
  readonly count: () => number;
  readonly close: () => Promise<void>;
}

export async function listen(): Promise<Listener> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const isHttp = /^[A-Z]+ \S+ HTTP\//.test(bytes.toString('latin1', 0, 200));
      if (isHttp)
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER.length}\r\nConnection: close\r\n\r\n${ANSWER}`,
        );
      socket.end();
    });
    // Who says nothing has come far enough.
    socket.setTimeout(SILENCE_MILLISECONDS, () => socket.end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    count: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
