package dev.varve.realfaults;

import dev.varve.log.Durability;
import dev.varve.realfaults.CutFile.Use;
import dev.varve.realfaults.FullDisk.Cure;

/** Every fault, with what is put around the process that meets it, and what that process does. */
enum RealFault {
  TMPFS_IS_FULL(
      "tmpfs full, then a file deleted",
      Surroundings.SMALL_TMPFS,
      new FullDisk(Durability.EXPLICIT, Cure.A_FILE_IS_DELETED)),
  TMPFS_IS_FULL_PER_APPEND(
      "tmpfs full, then a file deleted; each append forced",
      Surroundings.SMALL_TMPFS,
      new FullDisk(Durability.PER_APPEND, Cure.A_FILE_IS_DELETED)),
  TMPFS_IS_FULL_OF_RECORDS(
      "tmpfs full, then the start moved",
      Surroundings.SMALL_TMPFS,
      new FullDisk(Durability.EXPLICIT, Cure.THE_START_MOVES)),
  EXT4_IS_FULL(
      "ext4 full, then a file deleted",
      Surroundings.SMALL_EXT4,
      new FullDisk(Durability.EXPLICIT, Cure.A_FILE_IS_DELETED)),
  EXT4_IS_FULL_OF_RECORDS(
      "ext4 full, then the start moved",
      Surroundings.SMALL_EXT4,
      new FullDisk(Durability.EXPLICIT, Cure.THE_START_MOVES)),
  EXT4_IS_FULL_OF_RECORDS_PER_APPEND(
      "ext4 full, then the start moved; each append forced",
      Surroundings.SMALL_EXT4,
      new FullDisk(Durability.PER_APPEND, Cure.THE_START_MOVES)),
  EXT4_TURNS_READ_ONLY(
      "ext4 meets an error, turns read-only", Surroundings.SMALL_EXT4, new FailedFileSystem()),
  DIRECTORY_MAY_NOT_BE_WRITTEN(
      "directory turned read-only by chmod", Surroundings.NO_PRIVILEGE, new LockedDirectory()),
  CUT_UNDER_APPEND("file cut, append", Surroundings.NONE, new CutFile(Use.APPEND)),
  CUT_UNDER_READER("file cut, iterate", Surroundings.NONE, new CutFile(Use.ITERATE)),
  CUT_IN_A_BATCH(
      "file cut in a large batch, iterate", Surroundings.NONE, new CutFile(Use.ITERATE_LARGE)),
  CUT_UNDER_BATCHES("file cut, read batches", Surroundings.NONE, new CutFile(Use.BATCHES)),
  CUT_UNDER_TRANSFER(
      "file cut, transferTo a file", Surroundings.NONE, new CutFile(Use.TRANSFER_TO_FILE)),
  CUT_UNDER_TRANSFER_TO_STREAM(
      "file cut, transferTo a stream", Surroundings.NONE, new CutFile(Use.TRANSFER_TO_STREAM)),
  CUT_UNDER_OFFSET_LOOKUP(
      "file cut, look up an offset", Surroundings.NONE, new CutFile(Use.LOOK_UP_OFFSET)),
  CUT_UNDER_TIME_LOOKUP(
      "file cut, look up a time", Surroundings.NONE, new CutFile(Use.LOOK_UP_TIME)),
  NO_DESCRIPTORS("no descriptors left", Surroundings.FEW_DESCRIPTORS, new NoDescriptors()),
  SECOND_OPENER("a second opener", Surroundings.NONE, new SecondOpener());

  private final String title;
  private final Surroundings surroundings;

  @SuppressWarnings("ImmutableEnumChecker") // all of them are
  private final Scenario scenario;

  RealFault(String title, Surroundings surroundings, Scenario scenario) {
    this.title = title;
    this.surroundings = surroundings;
    this.scenario = scenario;
  }

  String title() {
    return title;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  Scenario scenario() {
    return scenario;
  }
}
