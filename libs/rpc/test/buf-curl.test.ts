import { create, toBinary } from '@bufbuild/protobuf';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { StatusSchema } from '../src/gen/google/rpc/status_pb';
import { serveShelf, toDetailedError } from './shelf';

const workspace = `${__dirname}/../../..`;

/** Runs the Go program; gives what it wrote and its exit code. */
async function buf(args: readonly string[], input: string | Uint8Array) {
  const child = spawn('buf', args, { cwd: workspace });
  child.stdin.end(input);
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { stdout, stderr, code };
}

interface ConnectFailure {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
}

/** It prints details by type and bytes, which it decodes on request, with Go's own protobuf and the schema of google.rpc. */
async function decode({ details }: ConnectFailure): Promise<unknown> {
  const packed = details.map(({ type, value }) => ({ typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value, 'base64') }));
  const status = toBinary(StatusSchema, create(StatusSchema, { details: packed }));
  const { stdout, stderr } = await buf(
    ['convert', 'third_party/proto', '--type', 'google.rpc.Status', '--from', '-#format=binpb', '--to', '-#format=json'],
    status,
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout).details;
}

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`;

it.each(['GetBook', 'WatchBook', 'AddBooks', 'SwapBooks'])(
  '`buf curl`, which knows nothing but what reflection tells, reads the error of %s',
  async (method) => {
    const target = await serveShelf(() => {
      throw toDetailedError();
    });
    const { stderr, code } = await buf(
      ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', '-H', 'accept-language: de', '-d', '@-', `http://${target}/shelf.v1.ShelfService/${method}`],
      '{"id": "7"}',
    );
    const failure: ConnectFailure = JSON.parse(stderr);
    // eight times the number of the gRPC code
    expect(code).toBe(5 * 8);
    expect(failure).toMatchObject({ code: 'not_found', message: 'there is no book 7' });
    expect(await decode(failure)).toEqual([
      { '@type': type('ErrorInfo'), reason: 'BOOK_NOT_FOUND', domain: 'shelf.gatehouse', metadata: { id: '7' } },
      { '@type': type('RetryInfo'), retryDelay: '1.250s' },
      { '@type': type('ResourceInfo'), resourceType: 'shelf.v1.Book', resourceName: '7' },
      { '@type': type('PreconditionFailure'), violations: [{ type: 'ETAG', subject: 'books/7', description: 'is stale' }] },
      { '@type': type('QuotaFailure'), violations: [{ subject: 'client', description: 'is spent' }] },
      { '@type': type('LocalizedMessage'), locale: 'de', message: 'Es gibt kein Buch 7.' },
      {
        '@type': type('BadRequest'),
        fieldViolations: [
          { field: 'id', description: 'is none', reason: 'book.id' },
          { field: 'tags["a"]', description: 'is none' },
        ],
      },
    ]);
  },
);
