import { lowerFirst, toCamel } from '../../source/names.mts';
import { toFirstAnswer } from './method-text.mts';
import type { MethodPlan } from './plan-method.mts';
import type { TestStage } from './test-stage.mts';

/** The test of a method that has just been made: who is answered, who is not, and what a request has to be. */
export function toTestText(plan: MethodPlan, { app, service, stage }: { app: string; service: string; stage: TestStage }): string {
  const subject = toCamel(app);
  const method = lowerFirst(plan.name);
  const isPublic = plan.access.kind === 'public';
  const field = plan.request.includes('id') ? 'id' : undefined;
  const request = field ? '{ id: randomUUID() }' : plan.request.includes('resource') ? `{ ${lowerFirst(plan.resource!)}: { id: randomUUID() } }` : '{}';
  const needsMessage = toFirstAnswer(plan).includes('.fromPartial');
  const client = (token: string) => (isPublic && stage.client ? `${subject}.${stage.client}` : `${subject}.as(${token})`);
  const ask = (token: string, asked = 'request') => {
    const call = `${client(token)}.${method}(${plan.streams.requests ? `only(${asked})` : asked})`;
    return plan.streams.responses ? `all(${call})` : call;
  };
  const answer = plan.streams.responses ? `[${toFirstAnswer(plan)}]` : toFirstAnswer(plan);
  const known = isPublic ? '' : 'await entitled()';

  const tests = [`it('answers ${whoIsAnswered(plan)}, with nothing yet', async () => { expect(await ${ask(known)}).toEqual(${answer}); });`];
  if (!isPublic)
    tests.push(`it('answers nobody else', async () => {
      expect(await verdictOf(${ask('')})).toBe('UNAUTHENTICATED TOKEN_MISSING');
      ${plan.access.kind === 'authenticated' ? '' : `expect(await verdictOf(${ask(`await ${subject}.issuer.accessToken({ id: randomUUID() })`)})).toBe('PERMISSION_DENIED PERMISSION_DENIED');`}
    });`);
  if (field)
    tests.push(`it('tells what is wrong with an id', async () => {
      expect(await verdictOf(${ask(known, `{ id: 'no uuid' }`)})).toMatch(/^INVALID_ARGUMENT VALIDATION_FAILED/);
    });`);
  if (plan.request.includes('request_id') && request !== '{}' && !isPublic)
    tests.push(`it('answers one request under a request_id, and not another', async () => {
      const token = await entitled();
      const requestId = randomUUID();
      expect(await verdictOf(${ask('token', '{ ...request, requestId }')})).toBe('OK');
      expect(await verdictOf(${ask('token', `{ ...${request}, requestId }`)})).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
    });`);

  const usesUuid = [request, ...tests].some((text) => text.includes('randomUUID')) || (!isPublic && plan.access.kind !== 'service');
  const names = [stage.start, `type ${stage.type}`, ...(tests.length > 1 ? ['verdictOf'] : [])];
  return [
    ...(needsMessage ? [`import { ${plan.resource} } from '@gatehouse/contracts/${service}';`] : []),
    ...(usesUuid ? ["import { randomUUID } from 'node:crypto';"] : []),
    `import { ${names.join(', ')} } from '${stage.module}';`,
    '',
    `let ${subject}: ${stage.type};`,
    `beforeAll(async () => (${subject} = await ${stage.start}()));`,
    `afterAll(() => ${subject}.close());`,
    '',
    ...(isPublic ? [] : [`/** A token of ${whoIsAnswered(plan).replace(/^who/, 'one who')}. */`, `const entitled = () => ${tokenOf(plan, subject, app)};`]),
    ...(plan.streams.requests ? ['async function* only<T>(request: T): AsyncGenerator<T> { yield request; }'] : []),
    ...(plan.streams.responses
      ? ['async function all<T>(stream: AsyncIterable<T>): Promise<T[]> { const got: T[] = []; for await (const each of stream) got.push(each); return got; }']
      : []),
    '',
    `describe('${plan.name}', () => {`,
    `const request = ${request};`,
    '',
    tests.join('\n\n'),
    '});',
    '',
  ].join('\n');
}

function whoIsAnswered({ access }: MethodPlan): string {
  if (access.kind === 'public') return 'anyone';
  if (access.kind === 'authenticated') return 'who has signed in';
  return access.kind === 'permission' ? `who has the permission ${access.permission}` : `the service ${access.caller}`;
}

function tokenOf({ access }: MethodPlan, subject: string, app: string): string {
  if (access.kind === 'service') return `${subject}.issuer.serviceToken('${access.caller}', '${app}')`;
  return `${subject}.issuer.accessToken({ id: randomUUID()${access.kind === 'permission' ? `, permissions: ['${access.permission}']` : ''} })`;
}
