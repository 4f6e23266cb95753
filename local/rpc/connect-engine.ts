import { connect, type Socket } from 'node:net';
import { hasCode } from '../has-code.ts';
import { EngineGoneError, NoEngineError } from './engine-errors.ts';
import { shortSocketPath } from './socket-path.ts';
import { createLineReader, fromLine, fromWireError, type Message, toLine } from './wire.ts';

/** A connection to the engine. An idle one does not keep the process alive. */
export interface EngineConnection {
  /** Calls a method of the engine; throws what it throws there. */
  call(method: string, ...given: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** Throws NoEngineError where nobody listens. */
export async function connectEngine(socketPath: string): Promise<EngineConnection> {
  const socket = await open(socketPath);
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;

  function rest(): void {
    if (pending.size === 0) socket.unref();
    else socket.ref();
  }

  function receive(message: Message): void {
    const call = pending.get(message.id);
    pending.delete(message.id);
    rest();
    if ('error' in message) call?.reject(fromWireError(message.error));
    else call?.resolve(message.result);
  }

  const read = createLineReader((line) => receive(fromLine(line) as Message));
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const call of pending.values()) call.reject(new EngineGoneError());
    pending.clear();
  });
  rest();

  function call(method: string, ...given: readonly unknown[]): Promise<unknown> {
    if (socket.destroyed) return Promise.reject(new EngineGoneError());
    lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    pending.set(lastId, answer);
    rest();
    // JSON has no undefined: an optional argument at the end that is none stays away instead of arriving as null.
    const last = given.findLastIndex((each) => each !== undefined);
    socket.write(toLine({ id: lastId, method, arguments: given.slice(0, last + 1) }));
    return answer.promise;
  }

  return { call, close: () => socket.destroy() };
}

async function open(socketPath: string): Promise<Socket> {
  try {
    const short = shortSocketPath(socketPath);
    try {
      return await connected(short.path);
    } finally {
      short.release();
    }
  } catch (error) {
    const isNobodyThere = ['ENOENT', 'ENOTDIR', 'ECONNREFUSED'].some((code) => hasCode(error, code));
    throw isNobodyThere ? new NoEngineError({ cause: error }) : error;
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
