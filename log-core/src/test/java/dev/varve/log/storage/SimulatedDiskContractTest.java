package dev.varve.log.storage;

import java.nio.file.Path;

class SimulatedDiskContractTest extends StorageContract {
  @Override
  Storage newStorage() {
    return new SimulatedDisk(Path.of("simulated"));
  }
}
