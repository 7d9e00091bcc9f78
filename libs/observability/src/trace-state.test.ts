import { parseTraceState } from './trace-state';

describe('a tracestate that is changed', () => {
  const state = parseTraceState('rojo=1,congo=2')!;

  it('has the changed member first, new or not', () => {
    expect(state.set('foo', '3').serialize()).toBe('foo=3,rojo=1,congo=2');
    expect(state.set('congo', '3').serialize()).toBe('congo=3,rojo=1');
    expect(state.set('congo', '3').get('congo')).toBe('3');
  });

  it('loses what is taken away', () => {
    expect(state.unset('rojo').serialize()).toBe('congo=2');
    expect(state.unset('rojo').get('rojo')).toBeUndefined();
  });

  it('stays as it is when the member is none, or one too many', () => {
    expect(state.set('FOO', '3')).toBe(state);
    expect(state.set('foo', 'a,b')).toBe(state);
    const full = parseTraceState(Array.from({ length: 32 }, (_, index) => `k${index}=1`).join(','))!;
    expect(full.set('foo', '1')).toBe(full);
  });

  it('is another one', () => {
    state.set('foo', '3');
    state.unset('rojo');
    expect(state.serialize()).toBe('rojo=1,congo=2');
  });
});
