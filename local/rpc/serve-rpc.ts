import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { hasCode } from '../has-code.ts';
import { takeLock } from '../hosts/held-lock.ts';
import { EngineRunningError, EngineStartingError } from './engine-errors.ts';
import { shortSocketPath } from './socket-path.ts';
import { createLineReader, fromLine, type Message, type Request, toLine, toWireError } from './wire.ts';

/** What can be called, by its whole name (`ledger.read`); every answer is a promise's. */
export type RpcMethods = Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;

export interface RpcServer {
  close(): Promise<void>;
}

/**
 * Serves methods on a unix socket that only its owner can open. The socket file of a killed engine is replaced; where
 * a living one answers, throws EngineRunningError. As long as `methods` is empty, callers are told that it starts.
 */
export async function serveRpc(socketPath: string, methods: RpcMethods): Promise<RpcServer> {
  const sockets = new Set<Socket>();

  async function answer(socket: Socket, request: Request): Promise<void> {
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    let message: Message;
    try {
      if (method === undefined && Object.keys(methods).length === 0) {
        throw new EngineStartingError();
      } else if (method === undefined) {
        throw new Error(`the engine has no method ${request.method}: is it of another version?`);
      } else {
        message = { id: request.id, result: await method(...(request.arguments as never[])) };
      }
    } catch (error) {
      message = { id: request.id, error: toWireError(error) };
    }
    if (!socket.destroyed) socket.write(toLine(message));
  }

  function welcome(socket: Socket): void {
    sockets.add(socket);
    const read = createLineReader((line) => void answer(socket, requestIn(line)));
    socket.on('data', (chunk) => {
      try {
        read(chunk);
      } catch {
        // Not our protocol: nothing sensible can be answered.
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  }

  const server = createServer(welcome);
  const short = shortSocketPath(socketPath);
  await listen(server, short.path, socketPath);
  chmodSync(socketPath, 0o600);

  return {
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => {
          short.release();
          resolve();
        });
      });
    },
  };
}

/** Throws where the line is no request. */
function requestIn(line: string): Request {
  const { id, method, arguments: given } = Object(fromLine(line)) as Partial<Request>;
  if (typeof id !== 'number' || typeof method !== 'string' || !Array.isArray(given)) throw new TypeError('no request');
  return { id, method, arguments: given };
}

async function listen(server: Server, path: string, socketPath: string): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
    await takeOver(server, path, socketPath);
  }
}

/** One at a time: of two engines that find the same dead socket, the second must find the first one's. */
async function takeOver(server: Server, path: string, socketPath: string): Promise<void> {
  // Without flock(1) two engines started in the same instant might both win: then only the hosts' own lock is left.
  const lock = await takeLock(`${socketPath}.lock`, { wait: true }).catch(() => undefined);
  try {
    if (await isAnswered(path)) throw new EngineRunningError(socketPath);
    rmSync(socketPath, { force: true });
    await listenOnce(server, path);
  } catch (error) {
    throw hasCode(error, 'EADDRINUSE') ? new EngineRunningError(socketPath) : error;
  } finally {
    await lock?.release();
  }
}

function listenOnce(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
