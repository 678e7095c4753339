package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.GPU;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The libraries of CUDA 11.2 and cuDNN 8.1 that TensorFlow 2.10 opens when it meets a GPU. */
final class CudaLibraryCheck {
  /** A library to load, with its required version. */
  private record Library(String name, String wanted) {
    String stem() {
      return name.substring(0, name.indexOf(".so"));
    }
  }

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("libcudart.so.11.0", "CUDA 11.2"),
          new Library("libcublas.so.11", "CUDA 11.2"),
          new Library("libcublasLt.so.11", "CUDA 11.2"),
          new Library("libcufft.so.10", "CUDA 11.2"),
          new Library("libcurand.so.10", "CUDA 11.2"),
          new Library("libcusolver.so.11", "CUDA 11.2"),
          new Library("libcusparse.so.11", "CUDA 11.2"),
          new Library("libcudnn.so.8", "cuDNN 8.1"),
          new Library("libcudnn_ops_infer.so.8", "cuDNN 8.1"),
          new Library("libcudnn_ops_train.so.8", "cuDNN 8.1"),
          new Library("libcudnn_cnn_infer.so.8", "cuDNN 8.1"),
          new Library("libcudnn_cnn_train.so.8", "cuDNN 8.1"),
          new Library("libcudnn_adv_infer.so.8", "cuDNN 8.1"),
          new Library("libcudnn_adv_train.so.8", "cuDNN 8.1"));

  /** Folders that the system's loader searches by default. */
  private static final List<String> DEFAULT_FOLDERS =
      List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64");

  /** Folders of installers that the loader does not know. */
  private static final List<String> USUAL_FOLDERS =
      List.of("/usr/local/cuda/lib64", "/usr/local/cuda-11.2/lib64", "/opt/cuda/lib64");

  private CudaLibraryCheck() {}

  static List<Finding> of(
      MachineFiles files, NativeLoader loader, Map<String, String> environment) {
    List<String> path =
        Stream.of(environment.getOrDefault("LD_LIBRARY_PATH", "").split(":"))
            .filter(folder -> !folder.isBlank())
            .toList();
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            GPU,
            "searched folders",
            (path.isEmpty() ? "no LD_LIBRARY_PATH" : "LD_LIBRARY_PATH " + String.join(":", path))
                + ", /etc/ld.so.cache, "
                + String.join(", ", DEFAULT_FOLDERS)));
    for (Library library : LIBRARIES) {
      NativeLoader.Opened opened = loader.open(library.name());
      findings.add(
          opened.done()
              ? Finding.ok(GPU, library.name(), library.wanted() + ", " + opened.text())
              : Finding.missing(
                  GPU,
                  library.name(),
                  library.wanted() + " wanted, none found: " + opened.text(),
                  advice(files, library, path)));
    }
    return findings;
  }

  private static String advice(MachineFiles files, Library library, List<String> path) {
    Optional<String> aside =
        USUAL_FOLDERS.stream()
            .filter(folder -> files.exists(folder + "/" + library.name()))
            .findFirst();
    if (aside.isPresent()) {
      return "it lies in " + aside.get() + ": put that folder into LD_LIBRARY_PATH";
    }
    List<String> others =
        Stream.of(path, DEFAULT_FOLDERS, USUAL_FOLDERS)
            .flatMap(List::stream)
            .flatMap(folder -> files.names(folder).stream().map(name -> folder + "/" + name))
            .filter(file -> file.contains("/" + library.stem() + ".so."))
            .toList();
    return (others.isEmpty() ? "" : "another version is there, " + others.get(0) + ", not this; ")
        + "use the image, or unpack the libraries of org.bytedeco:cuda:11.2-8.1-1.5.5"
        + " (linux-x86_64-redist) into a folder and name it in LD_LIBRARY_PATH"
        + " (docs/operating.md)";
  }
}
