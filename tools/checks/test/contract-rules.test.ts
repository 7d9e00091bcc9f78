import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const root = mkdtempSync(join(tmpdir(), 'contract rules '));
beforeAll(() => cpSync(join(workspace, 'proto/gatehouse/api/v1/options.proto'), join(root, 'gatehouse/api/v1/options.proto'), { recursive: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What is said of a contract whose service has these methods, the first in line 9, and whose errors have these reasons. */
function judge(methods: readonly string[], reasons: readonly string[] = []): { status: number | null; said: string } {
  const contract = [
    'syntax = "proto3";',
    'package gatehouse.shop.v1;',
    'import "gatehouse/api/v1/options.proto";',
    'message Order { string id = 1; }',
    `enum ShopErrorReason { option (gatehouse.api.v1.error_domain) = "shop.example"; SHOP_ERROR_REASON_UNSPECIFIED = 0;`,
    `  ${reasons.map((reason, index) => `SHOP_ERROR_REASON_${reason} = ${index + 1};`).join(' ')}`,
    '}',
    'service ShopService {',
    ...methods,
    '}',
  ];
  writeFileSync(join(root, 'gatehouse/api/v1/shop.proto'), contract.join('\n'));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/checks/contract-rules.mts', root], {
    cwd: workspace,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(workspace, 'node_modules/.bin')}:${process.env['PATH']}` },
  });
  return { status, said: stdout + stderr };
}
const withOptions = (options: string) => `rpc Buy(Order) returns (Order) { ${options} }`;
const withAccess = (rule: string, more = '') => withOptions(`option (gatehouse.api.v1.access) = {${rule}}; ${more}`);
const raising = (reason: string) => withAccess('public: {}', `option (gatehouse.api.v1.error_reasons) = "${reason}";`);

it('a contract whose methods say who may call them and what they may raise passes', () => {
  expect(judge([raising('SOLD_OUT')], ['SOLD_OUT'])).toMatchObject({ status: 0, said: expect.stringContaining('every method') });
});

it.each([
  ['no access rule', withOptions(''), 'has no access rule: add option (gatehouse.api.v1.access) with one of public, authenticated,'],
  ['an empty access rule', withAccess(''), 'has an empty access rule: write one of public'],
  ['an access rule without a permission', withAccess('permission: {}'), 'has an access rule without a permission: name the one that its callers hold'],
  ['an access rule without a field', withAccess('self_or_permission: { permission: "orders.read" }'), 'without a subject_field: name the field of the request'],
  ['an access rule that admits nobody', withAccess('service_only: {}'), 'admits nobody: list its callers in "services"'],
  ['a reason that is not declared', raising('SOLD_OUT'), 'may raise SOLD_OUT, which its contract does not declare: "npx nx g gatehouse:error-reason" adds it'],
])('a method with %s is refused by its file and line, with the next step', (_what, method, sentence) => {
  const { status, said } = judge(['// what comes before', method]);
  expect(status).toBe(1);
  expect(said).toContain(`${root}/gatehouse/api/v1/shop.proto:10: ShopService.Buy ${sentence.replace(/^without/, 'has an access rule without')}`);
});

it('a reason that no method raises is refused by its file and line, with the next step', () => {
  const { status, said } = judge([withAccess('public: {}')], ['SOLD_OUT']);
  expect(status).toBe(1);
  expect(said).toContain(`${root}/gatehouse/api/v1/shop.proto:6: SOLD_OUT is raised by no method: name it in the (gatehouse.api.v1.error_reasons)`);
});

it('all that is wrong is said at once', () => {
  const { said } = judge([withOptions(''), withOptions('').replace('Buy', 'Sell')], ['SOLD_OUT']);
  expect(said.trim().split('\n')).toHaveLength(3);
});
