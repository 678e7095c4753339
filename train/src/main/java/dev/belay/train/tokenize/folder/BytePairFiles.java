package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A vocab.json and the merges.txt beside it: byte-level BPE as GPT-2 and RoBERTa have it. */
final class BytePairFiles {
  private static final long MOST_BYTES = 16L << 20;

  private BytePairFiles() {}

  /** Location of the merges of a vocabulary. */
  static Path merges(TokenizerFiles files) {
    return files.folder().resolve(ModelFiles.MERGES);
  }

  /**
   * An equal tokenizer.json, without post-processor and added tokens.
   *
   * @param convention Python 4 leaves out the first line and what stands behind the last line
   *     break, Python 5 the line that begins with #version
   * @throws DataException if a file is missing or is not what its name says
   */
  static ObjectNode toTokenizerJson(
      TokenizerFiles files, Convention convention, boolean addPrefixSpace) {
    Path merges = merges(files);
    if (!Files.isRegularFile(merges)) {
      throw new DataException(
          files.definition()
              + ": expected "
              + ModelFiles.MERGES
              + " beside it, found none; both make one"
              + " tokenizer");
    }
    ObjectNode vocabulary = JsonFile.read(files.definition(), MOST_BYTES).root();
    return tokenizerJson(vocabulary, read(merges, convention), addPrefixSpace);
  }

  /** The tokenizer.json of a byte-level BPE with a vocabulary and merges of any origin. */
  static ObjectNode tokenizerJson(JsonNode vocabulary, JsonNode merges, boolean addPrefixSpace) {
    ObjectNode root = TokenizerParts.empty();
    root.set("pre_tokenizer", TokenizerParts.byteLevel(addPrefixSpace));
    root.set("decoder", TokenizerParts.byteLevel(true));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false).set("vocab", vocabulary);
    model.set("merges", merges);
    return root;
  }

  private static ArrayNode read(Path file, Convention convention) {
    JsonFile.requireSize(file, MOST_BYTES);
    String text;
    try {
      text = Files.readString(file).replace("\r\n", "\n");
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": expected UTF-8, a merge per line, found other bytes", e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
    Set<List<String>> pairs = new LinkedHashSet<>();
    int number = 0;
    for (String line : convention == Convention.VERSION_5 ? newer(lines) : older(lines)) {
      number++;
      List<String> pair = List.of(line.strip().split("\\s+"));
      if (pair.size() != 2 || pair.get(0).isEmpty()) {
        throw new DataException(
            file + ": merge " + number + ": expected two pieces, found '" + line + "'");
      }
      pairs.add(pair);
    }
    ArrayNode merges = JsonNodeFactory.instance.arrayNode();
    pairs.forEach(pair -> merges.addArray().add(pair.get(0)).add(pair.get(1)));
    return merges;
  }

  private static List<String> older(List<String> lines) {
    return lines.size() < 2 ? List.of() : lines.subList(1, lines.size() - 1);
  }

  private static List<String> newer(List<String> lines) {
    if (lines.get(lines.size() - 1).isEmpty()) {
      lines.remove(lines.size() - 1);
    }
    return lines.stream().filter(line -> !line.startsWith("#version")).toList();
  }
}
