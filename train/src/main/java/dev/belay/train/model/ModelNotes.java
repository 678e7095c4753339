package dev.belay.train.model;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Notes about a model, for people, each for the uses of the model that it is true of. */
final class ModelNotes {
  private final List<Note> notes = new ArrayList<>();

  private record Note(Set<ModelUse> uses, String text) {}

  /** Adds a note that is true of every use. */
  ModelNotes add(String text) {
    return add(EnumSet.allOf(ModelUse.class), text);
  }

  /** Adds a note that is true of some uses. */
  ModelNotes add(Set<ModelUse> uses, String text) {
    notes.add(new Note(uses, text));
    return this;
  }

  /** Adds notes that are true of every use. */
  ModelNotes addAll(List<String> texts) {
    texts.forEach(this::add);
    return this;
  }

  /** Adds all notes of another list. */
  ModelNotes addAll(ModelNotes others) {
    notes.addAll(others.notes);
    return this;
  }

  /** The notes that are true of a use, in the order in which they were added. */
  List<String> of(ModelUse use) {
    return notes.stream().filter(note -> note.uses().contains(use)).map(Note::text).toList();
  }
}
