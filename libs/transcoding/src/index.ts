export type { HttpExchange, HttpObservation, HttpObserver, HttpOutcome } from './observer';
