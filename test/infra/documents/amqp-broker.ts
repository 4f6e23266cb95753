import { createServer, type Socket } from 'node:net';

/** Just enough of an AMQP 0-9-1 broker for a login: users, virtual hosts, permissions. Answers as RabbitMQ does. */
export interface AmqpBroker {
  readonly address: string;
  readonly port: number;
  /** Users by name. */
  readonly users: Map<string, AmqpUser>;
  close(): Promise<void>;
}

interface AmqpUser {
  password: string;
  /** Those that they may open. */
  readonly vhosts: readonly string[];
  /** As `rabbitmqctl set_permissions` takes them; everything where nothing is said. */
  readonly permissions?: { readonly configure: string; readonly write: string; readonly read: string };
}

/** The kind of permission that a method asks for: publish, get and delete of a queue. */
const asked: Readonly<Record<string, 'configure' | 'write' | 'read'>> = {
  '60.40': 'write',
  '60.70': 'read',
  '50.40': 'configure',
};

export async function startAmqpBroker(address: string, port: number): Promise<AmqpBroker> {
  const users: AmqpBroker['users'] = new Map();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, users);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve());
  });
  const bound = server.address();
  return {
    address,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    users,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(socket: Socket, users: AmqpBroker['users']): void {
  let buffer: Buffer = Buffer.alloc(0);
  let isGreeted = false;
  let user: AmqpUser | undefined;
  let name = '';

  const close = (code: number, text: string): void => {
    socket.write(frame(0, 10, 50, Buffer.concat([short(code), shortString(text), short(0), short(0)])));
  };
  const closeChannel = (code: number, text: string): void => {
    socket.write(frame(1, 20, 40, Buffer.concat([short(code), shortString(text), short(60), short(40)])));
  };

  const answer = (classId: number, methodId: number, body: Buffer): void => {
    const method = `${classId}.${methodId}`;
    if (method === '10.11') {
      const response = plainResponse(body);
      name = response.user;
      const known = users.get(name);
      if (known === undefined || known.password !== response.password) {
        close(403, 'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.');
        return;
      }
      user = known;
      socket.write(frame(0, 10, 30, Buffer.concat([short(2047), long(131072), short(60)])));
    } else if (method === '10.40') {
      const vhost = readShortString(body, 0);
      if (user?.vhosts.includes(vhost)) socket.write(frame(0, 10, 41, shortString('')));
      else close(530, `NOT_ALLOWED - access to vhost '${vhost}' refused for user '${name}'`);
    } else if (method === '20.10') {
      socket.write(frame(1, 20, 11, long(0)));
    } else if (asked[method] !== undefined) {
      const named = readShortString(body, 2);
      if (!isPermitted(user, asked[method], named)) closeChannel(403, `ACCESS_REFUSED - access to '${named}' refused`);
      else if (method === '50.40') socket.write(frame(1, 50, 41, long(0)));
      else closeChannel(404, `NOT_FOUND - no '${named}' in vhost '/'`);
    } else if (method === '10.50') {
      socket.end(frame(0, 10, 51, Buffer.alloc(0)));
    } else if (method === '10.51') {
      socket.end();
    }
  };

  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    if (!isGreeted) {
      if (buffer.length < 8) return;
      isGreeted = true;
      buffer = buffer.subarray(8);
      const start = Buffer.concat([Buffer.from([0, 9]), long(0), longString('PLAIN'), longString('en_US')]);
      socket.write(frame(0, 10, 10, start));
    }
    while (buffer.length >= 8) {
      const size = buffer.readUInt32BE(3);
      if (buffer.length < size + 8) return;
      const payload = buffer.subarray(7, 7 + size);
      const kind = buffer[0];
      buffer = buffer.subarray(size + 8);
      if (kind === 1) answer(payload.readUInt16BE(0), payload.readUInt16BE(2), payload.subarray(4));
    }
  });
}

/** An empty pattern counts as `^$`, and `$` also stands before a line break at the end, as in RabbitMQ's own matcher. */
function isPermitted(user: AmqpUser | undefined, kind: 'configure' | 'write' | 'read', name: string): boolean {
  const pattern = user?.permissions?.[kind] ?? '.*';
  return new RegExp(pattern === '' ? '^$' : pattern, 'm').test(name);
}

/** start-ok: properties table, mechanism, response, locale. */
function plainResponse(body: Buffer): { user: string; password: string } {
  let at = 4 + body.readUInt32BE(0);
  at += 1 + (body[at] ?? 0);
  const response = body.subarray(at + 4, at + 4 + body.readUInt32BE(at)).toString('utf8');
  const [, user = '', password = ''] = response.split('\0');
  return { user, password };
}

function frame(channel: number, classId: number, methodId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(1, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(body.length + 4, 3);
  head.writeUInt16BE(classId, 7);
  head.writeUInt16BE(methodId, 9);
  return Buffer.concat([head, body, Buffer.from([206])]);
}

function short(value: number): Buffer {
  const data = Buffer.alloc(2);
  data.writeUInt16BE(value);
  return data;
}

function long(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

function longString(text: string): Buffer {
  return Buffer.concat([long(Buffer.byteLength(text)), Buffer.from(text)]);
}

function readShortString(data: Buffer, at: number): string {
  return data.subarray(at + 1, at + 1 + (data[at] ?? 0)).toString('utf8');
}
