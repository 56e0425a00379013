/** The public door of `windtunnel/grpc`: runners over real gRPC, and both ends of the protocol. */
export { grpcPool, grpcRunner, type GrpcRunnerOptions } from './grpc/pool.js';
export {
  watchCertificates,
  type CertificateFiles,
  type Certificates,
  type CertificatesOptions,
  type Pems,
} from './grpc/certificates.js';
export { fileTargets, isAddress, type FileTargetsOptions } from './grpc/file-targets.js';
export { watchedFile, type Reading, type WatchOptions } from './grpc/watched-file.js';
export {
  createGrpcChannel,
  defaultGrpcChannelOptions,
  type GrpcChannelOptions,
} from './grpc/channel.js';
export {
  createGrpcServer,
  defaultGrpcServerLimits,
  type GrpcServer,
  type GrpcServerLimits,
  type GrpcServerParts,
} from './grpc/server.js';

// Below: for those who write a runner, a wire or a link of their own.
export { createRunner, type RunnerOptions, type WireRunner } from './runner.js';
export { createPace, type Pace } from './pace.js';
export { engage, type EngagementParts } from './engagement.js';
export { serve, type SessionParts } from './session.js';
export {
  createStatus,
  type SessionCounter,
  type Status,
  type StatusCheck,
  type StatusOptions,
} from './status.js';
export type { Executor, Offer } from './executor.js';
export type { CallModel } from './model.js';
export type { Dialect } from './codec.js';
export {
  META,
  type Channel,
  type ClientMessage,
  type ClientWire,
  type FinishedMessage,
  type Metadata,
  type RunnerMessage,
  type ServerWire,
  type WireEnd,
  type WireListener,
} from './wire.js';
