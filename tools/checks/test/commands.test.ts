import { findMissing, isThere } from '#commands';

it('a command is there by its name in the PATH, or by what says more', () => {
  expect([isThere('sh'), isThere('no-such-command')]).toEqual([true, false]);
  expect([isThere('sh', 'exit 1'), isThere('no-such-command', 'true')]).toEqual([false, true]);
  expect(findMissing(['sh', 'no-such-command'])).toEqual(['no-such-command']);
});
