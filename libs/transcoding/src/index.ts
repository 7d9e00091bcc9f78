export type { CallPolicy } from './call-options';
export type { ErrorDescription, MethodDescription } from './method-description';
export type { HttpExchange, HttpObservation, HttpObserver, HttpOutcome } from './observer';
export { type Problem, problemType, toProblem, toProblemHeaders, writeProblem } from './problem';
export { type RequestTarget, toRequestTarget } from './request-target';
export type { Route } from './route';
export { type Transcoder, type TranscodingOptions, createTranscoder } from './transcoder';
export { asksForWebSocket } from './web-socket';
