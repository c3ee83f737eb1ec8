// checksums: CRC-32C of words. A small HTTP service on Hono, whose arithmetic is a native addon.
//
//     GET /crc32c/123456789    e3069283
import { createRequire } from 'node:module';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const { crc32c } = createRequire(import.meta.url)('./build/Release/crc32c.node');

const app = new Hono();
app.get('/crc32c/:text', (context) =>
  context.text(`${crc32c(context.req.param('text')).toString(16).padStart(8, '0')}\n`),
);
app.notFound((context) => context.text('try /crc32c/123456789\n', 404));

const port = Number(process.env.PORT ?? 8080);
const server = serve({ fetch: app.fetch, hostname: '0.0.0.0', port }, (address) => {
  console.log(`listening on port ${address.port} as user ${process.getuid()}`);
});

// As process 1 a container's program is ended by signals only if it says so.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.close(() => process.exit(0)));
