package dev.belay.graph.internal;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.TFE_Context;
import org.tensorflow.internal.c_api.TFE_ContextOptions;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.GPUOptions;

/**
 * Lists the devices that TensorFlow has and the features it was built with.
 *
 * <p>It uses internal classes because the public API of 0.5.0 cannot list devices.
 */
public final class LocalDevices {
  private LocalDevices() {}

  /** Every device that this process may use, CPU first. A GPU's memory is not taken. */
  @SuppressWarnings("try") // the scope frees what is allocated inside it
  public static List<LocalDevice> all() {
    TensorFlow.version(); // loads the native library before its symbols are used
    byte[] config =
        ConfigProto.newBuilder()
            .setGpuOptions(GPUOptions.newBuilder().setAllowGrowth(true))
            .build()
            .toByteArray();
    try (PointerScope scope = new PointerScope()) {
      TF_Status status = TF_Status.newStatus();
      TFE_ContextOptions options = tensorflow.TFE_NewContextOptions();
      tensorflow.TFE_ContextOptionsSetConfig(
          options, new BytePointer(config), config.length, status);
      status.throwExceptionIfNotOK();
      TFE_Context context = tensorflow.TFE_NewContext(options, status);
      tensorflow.TFE_DeleteContextOptions(options);
      status.throwExceptionIfNotOK();
      try {
        return list(context, status);
      } finally {
        tensorflow.TFE_DeleteContext(context);
      }
    }
  }

  private static List<LocalDevice> list(TFE_Context context, TF_Status status) {
    TF_DeviceList list = tensorflow.TFE_ContextListDevices(context, status);
    status.throwExceptionIfNotOK();
    try {
      List<LocalDevice> devices = new ArrayList<>();
      for (int i = 0; i < tensorflow.TF_DeviceListCount(list); i++) {
        devices.add(
            new LocalDevice(
                tensorflow.TF_DeviceListName(list, i, status).getString(),
                tensorflow.TF_DeviceListType(list, i, status).getString(),
                tensorflow.TF_DeviceListMemoryBytes(list, i, status)));
        status.throwExceptionIfNotOK();
      }
      return devices;
    } finally {
      tensorflow.TF_DeleteDeviceList(list);
    }
  }

  /** Returns whether the library that was loaded has CUDA kernels. */
  public static boolean builtWithCuda() {
    TensorFlow.version();
    return tensorflow.IsBuiltWithNvcc();
  }
}
