package dev.varve.log;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** Does something before each operation of a storage and of its files. */
abstract class WatchedStorage {
  /** Whether the operation is to be done. */
  abstract boolean before(String operation);

  Storage over(Storage storage) {
    return watch(Storage.class, storage);
  }

  private <T> T watch(Class<T> type, T target) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              if (!before(method.getName())) {
                return null;
              }
              Object result = call(method, target, arguments);
              return result instanceof StorageFile file ? watch(StorageFile.class, file) : result;
            });
    return type.cast(proxy);
  }

  private static @Nullable Object call(Method method, Object target, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }
}
