package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lists the files of folders, in which Hugging Face keeps a data set as Parquet. */
public final class DataFolder {
  private static final String ENDING = ".parquet";

  private DataFolder() {}

  /**
   * The same files, with those of a folder in its place, in the order of their names.
   *
   * @throws DataException if a folder has none, or those of several splits
   */
  public static List<Path> files(List<Path> given) {
    List<Path> files = new ArrayList<>();
    for (Path path : given) {
      if (Files.isDirectory(path)) {
        files.addAll(files(path));
      } else {
        files.add(path);
      }
    }
    return files;
  }

  private static List<Path> files(Path folder) {
    List<Path> files;
    try (Stream<Path> entries = Files.list(folder)) {
      files = entries.filter(file -> name(file).endsWith(ENDING)).sorted().toList();
    } catch (IOException e) {
      throw DataFile.failure(folder, e);
    }
    if (files.isEmpty()) {
      throw new DataException(
          folder
              + ": is a directory without "
              + ENDING
              + " files; expected a file, "
              + DataFormat.EXPECTED
              + ", or a directory of Parquet files: name one"
              + (Files.exists(folder.resolve("dataset_info.json"))
                  ? ", which load_from_disk(DIRECTORY).to_parquet(FILE) of Hugging Face's datasets"
                      + " writes"
                  : ""));
    }
    Set<String> splits =
        files.stream().map(DataFolder::split).collect(Collectors.toCollection(TreeSet::new));
    if (splits.size() > 1) {
      throw new DataException(
          folder
              + ": has the files of several splits, "
              + String.join(", ", splits)
              + ": name the files of one, "
              + files.get(0)
              + " and so on, each with the option again, or put each split into a directory of its"
              + " own");
    }
    return files;
  }

  /** The name without its end, and without {@code -00000-of-00002}. */
  private static String split(Path file) {
    String name = name(file);
    return name.substring(0, name.length() - ENDING.length()).replaceFirst("-\\d+-of-\\d+$", "");
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
